import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { adminContext, entryBodies } from '../../../../tests/harness/test-admin.ts';
import { createTestDatabase, type TestDatabase } from '../../../../tests/harness/test-database.ts';
import { ensureInstallation, findInstallationId } from './ensure-installation.ts';

describe('the first start', () => {
  let testDatabase: TestDatabase;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
  });
  afterAll(() => testDatabase.drop());

  it('makes one installation, whatever number of processes start at once', async () => {
    const clock = { nowMs: Date.UTC(2026, 0, 1) };
    const databases = await Promise.all([testDatabase.open(), testDatabase.open(), testDatabase.open()]);
    const { pool } = databases[0];
    expect(await findInstallationId(pool)).toBeNull();

    const contexts = databases.map((database) => adminContext(database, clock));
    const results = await Promise.all(
      contexts.map((context, index) => ensureInstallation(context, `inst_${index}`)),
    );
    const again = await ensureInstallation(contexts[0]!, 'inst_later');
    await Promise.all(contexts.map((context) => context.writer.close()));

    expect(results.filter((result) => result.created)).toHaveLength(1);
    const installationId = results.find((result) => result.created)!.installationId;
    expect(new Set(results.map((result) => result.installationId))).toEqual(new Set([installationId]));
    expect(again).toEqual({ installationId, created: false });
    expect(await findInstallationId(pool)).toBe(installationId);

    const entries = await entryBodies(pool);
    expect(entries.map((entry) => [entry.type, entry.subject_id])).toEqual([
      ['installation.created', installationId],
      ['entity.created', 'default'],
    ]);
    const { rows } = await pool.query('SELECT * FROM legal_entity');
    expect(rows).toMatchObject([
      {
        entity_id: 'default',
        name: 'Default entity',
        country: null,
        base_currency: 'USD',
        time_zone: 'UTC',
        is_default: true,
      },
    ]);
  });
});

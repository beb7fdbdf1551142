import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../tests/harness/test-database.ts';
import type { Database } from './connect.ts';
import { migrate, type MigrationReport } from './migrate.ts';

let testDatabase: TestDatabase;
let owner: Database;
let directory: string;

beforeEach(async () => {
  testDatabase = await createTestDatabase('empty');
  owner = await testDatabase.open('owner');
  directory = await mkdtemp(join(tmpdir(), 'countersign-migrations-'));
});
afterEach(async () => {
  await testDatabase.drop();
  await rm(directory, { recursive: true });
});

const write = (name: string, sql: string): Promise<void> => writeFile(join(directory, name), sql);
const run = (): Promise<MigrationReport> => migrate({ connection: testDatabase.connection, directory });

async function tables(): Promise<string[]> {
  const { rows } = await owner.pool.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = to_regnamespace('countersign') ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

describe('migrate', () => {
  it('applies files in order, once, into the schema, and records them', async () => {
    await write('0001-first.sql', 'CREATE TABLE first (id int); INSERT INTO first VALUES (1);');
    await write('0002-second.sql', 'ALTER TABLE first ADD COLUMN note text;');
    expect(await run()).toEqual({ version: 2, applied: ['0001-first.sql', '0002-second.sql'] });
    expect(await run()).toEqual({ version: 2, applied: [] });
    expect(await tables()).toEqual(['first', 'schema_migration']);
    expect((await owner.pool.query('SELECT id, note FROM first')).rows).toEqual([{ id: 1, note: null }]);

    await write('0003-third.sql', 'CREATE TABLE third (id int);');
    expect((await run()).applied).toEqual(['0003-third.sql']);
  });

  it('applies each file once when several servers start together', async () => {
    await write('0001-first.sql', 'CREATE TABLE first (id int); SELECT pg_sleep(0.2);');
    const reports = await Promise.all([run(), run(), run()]);
    expect(reports.flatMap(({ applied }) => applied)).toEqual(['0001-first.sql']);
  });

  it('leaves nothing of a file that fails, and names its line', async () => {
    await write('0001-first.sql', 'CREATE TABLE first (id int);');
    await write('0002-broken.sql', 'CREATE TABLE second (id int);\nSELECT nonsense;\n');
    await expect(run()).rejects.toMatchObject({
      code: 'migration_failed',
      message: expect.stringContaining('0002-broken.sql:2') as string,
    });
    expect(await tables()).toEqual(['first', 'schema_migration']);
    await write('0002-broken.sql', 'CREATE TABLE second (id int);');
    expect((await run()).applied).toEqual(['0002-broken.sql']);
  });

  it('refuses a file that was changed after it had been applied, but not its line endings', async () => {
    await write('0001-first.sql', 'CREATE TABLE first (\n id int);');
    await run();
    await write('0001-first.sql', 'CREATE TABLE first (\r\n id int);');
    expect((await run()).applied).toEqual([]);
    await write('0001-first.sql', 'CREATE TABLE first (\n id bigint);');
    await write('0002-second.sql', 'CREATE TABLE second (id int);');
    await expect(run()).rejects.toMatchObject({ code: 'migration_changed' });
    expect(await tables()).toEqual(['first', 'schema_migration']);
  });

  it('refuses a database that a newer version has migrated', async () => {
    await write('0001-first.sql', 'CREATE TABLE first (id int);');
    await write('0002-second.sql', 'CREATE TABLE second (id int);');
    await run();
    await rm(join(directory, '0002-second.sql'));
    await expect(run()).rejects.toMatchObject({ code: 'database_newer_than_code' });
  });

  it('refuses a file that ends its transaction, since half of it could then stay', async () => {
    await write('0001-first.sql', 'CREATE TABLE first (id int); COMMIT; BEGIN;');
    await expect(run()).rejects.toMatchObject({ code: 'migration_failed' });
  });

  it.each(['0002-gap.sql', 'unnumbered.sql', '0001-Upper.sql'])('refuses the name %s', async (name) => {
    await write(name, 'SELECT 1;');
    await expect(run()).rejects.toMatchObject({ code: 'migration_failed' });
  });

  it('brings an empty database to the schema of this version, in one go and again without a change', async () => {
    const first = await migrate({ connection: testDatabase.connection });
    expect(first.applied[0]).toBe('0001-initial.sql');
    expect((await migrate({ connection: testDatabase.connection })).applied).toEqual([]);
    expect(await tables()).toContain('purchase_request');
  });
});

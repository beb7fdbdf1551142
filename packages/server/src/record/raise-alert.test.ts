import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  type TestAdmin,
  adminContext,
  createTestAdmin,
  entryBodies,
  OPERATOR,
  refusalOf,
} from '../../../../tests/harness/test-admin.ts';
import { lockConfigurationExclusive } from '../ledger/lock-configuration.ts';
import type { PrincipalCaller } from './caller.ts';
import { type AlertDraft, raiseAlert } from './raise-alert.ts';

let test: TestAdmin;

beforeAll(async () => {
  test = await createTestAdmin();
});

afterAll(() => test.close());

function draft(change: Partial<AlertDraft> = {}): AlertDraft {
  return {
    kind: 'velocity.frequency',
    severity: 'warning',
    subject: { type: 'agent', id: 'agent_1' },
    message: 'The agent `agent_1` asked 40 times within an hour.',
    evidence: { seen: 40, usual: 3 },
    dedupeKey: 'key_1',
    raisedBy: 'a-test',
    ...change,
  };
}

const OWNER: PrincipalCaller = {
  kind: 'principal',
  principalId: 'bob',
  roles: ['budget_owner'],
  email: 'bob@example.com',
  keyId: 'k',
};

describe('an alert', () => {
  it('is one row and one log entry, and leaves the version of the configuration as it was', async () => {
    const version = await test.version();
    const entries = await test.entriesOf(() => raiseAlert(test.context, draft()));
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({
      type: 'alert.raised',
      actor: { kind: 'system', id: 'a-test' },
      alert: { kind: 'velocity.frequency', evidence: { seen: 40, usual: 3 }, subject: { id: 'agent_1' } },
    });
    expect(await test.version()).toBe(version);
    const { items } = await test.admin.alerts.list(OPERATOR);
    expect(items).toMatchObject([{ entryId: entries[0]?.entry_id, alertId: entries[0]?.subject_id }]);
  });

  it('is raised once, however many gateways raise it at the same time', async () => {
    const gateways = [1, 2, 3].map(() => adminContext(test.database, test.clock));
    const before = (await entryBodies(test.database.pool)).length;
    const raised = await Promise.all(
      gateways.flatMap((context) =>
        Array.from({ length: 5 }, () => raiseAlert(context, draft({ dedupeKey: 'at once' }))),
      ),
    );
    for (const { writer } of gateways) await writer.close();
    expect(raised.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(new Set(raised.map(({ alertId }) => alertId)).size).toBe(1);
    expect(await entryBodies(test.database.pool)).toHaveLength(before + 1);
  });

  it('does not wait for a change of the configuration', async () => {
    const client = await test.database.connect();
    try {
      await client.query('BEGIN');
      await client.query(lockConfigurationExclusive());
      await client.query(`UPDATE configuration SET version = version + 1`);
      await expect(raiseAlert(test.context, draft({ dedupeKey: 'meanwhile' }))).resolves.toMatchObject({
        isNew: true,
      });
    } finally {
      await client.query('ROLLBACK');
      await client.end();
    }
  });

  it('is acknowledged once, on the record', async () => {
    const { alertId } = await raiseAlert(test.context, draft({ dedupeKey: 'seen' }));
    const entries = await test.entriesOf(async () => {
      const seen = await test.admin.alerts.acknowledge(OPERATOR, alertId);
      expect(seen).toMatchObject({ acknowledgedBy: 'olga' });
      expect(await test.admin.alerts.acknowledge({ ...OPERATOR, principalId: 'ben' }, alertId)).toEqual(seen);
    });
    expect(entries.map(({ type }) => type)).toEqual(['alert.acknowledged']);
    const open = await test.admin.alerts.list(OPERATOR, { acknowledged: false });
    expect(open.items.map((alert) => alert.alertId)).not.toContain(alertId);
  });

  it('is found by kind, family, subject and page', async () => {
    await raiseAlert(test.context, draft({ kind: 'budget.usage', dedupeKey: 'b' }));
    const { list } = test.admin.alerts;
    expect((await list(OPERATOR, { kind: 'budget' })).items).toHaveLength(1);
    expect((await list(OPERATOR, { kind: 'budget.usage' })).items).toHaveLength(1);
    expect((await list(OPERATOR, { kind: 'budg' })).items).toHaveLength(0);
    const all = (await list(OPERATOR)).items.map((alert) => alert.alertId);
    const first = await list(OPERATOR, { limit: 2 });
    const second = await list(OPERATOR, { limit: 2, cursor: String(first.nextCursor) });
    expect([...first.items, ...second.items].map((alert) => alert.alertId)).toEqual(all.slice(0, 4));
  });

  it('is shown to who only owns budgets where it is about one of those', async () => {
    await test.admin.budgets.create(OPERATOR, {
      budgetId: 'bobs',
      name: 'Bob’s',
      scope: { type: 'organisation' },
      period: 'month',
      currency: 'USD',
      limit: 100,
      owner: 'Bob@example.com',
    });
    const own = { type: 'budget', id: 'bobs' };
    const mine = await raiseAlert(test.context, draft({ subject: own, dedupeKey: 'mine' }));
    const other = await raiseAlert(
      test.context,
      draft({ subject: { ...own, id: 'else' }, dedupeKey: 'other' }),
    );
    const { alerts } = test.admin;
    expect((await alerts.list(OWNER)).items.map((alert) => alert.alertId)).toEqual([mine.alertId]);
    expect((await refusalOf(alerts.acknowledge(OWNER, other.alertId))).code).toBe('not_found');
    await expect(alerts.acknowledge(OWNER, mine.alertId)).resolves.toMatchObject({ acknowledgedBy: 'bob' });
  });
});

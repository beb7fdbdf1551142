import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { recomputeDecisions } from '../../packages/server/src/gate/recompute-decisions.ts';
import type { Gateway } from '../../packages/server/src/main.ts';
import { type Database, openDatabase } from '../../packages/server/src/db/connect.ts';
import { type Installation, createInstallation, policyOf, requestOf } from '../harness/installation.ts';
import { OPERATOR } from '../harness/test-admin.ts';
import { TEST_TIME_MS, accepted } from '../harness/test-gate.ts';

const HOURS = {
  rule_id: 'r_hours',
  rule_type: 'time_restriction',
  parameters: {
    allowed_days: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri'],
    allowed_hours: '09:00-17:00',
    time_zone: 'UTC',
  },
};

describe('recomputing the decisions of a log', () => {
  let installation: Installation;
  let gateway: Gateway;
  let owner: Database;

  beforeAll(async () => {
    installation = await createInstallation({
      agents: ['agent_a'],
      people: ['ann'],
      policy: policyOf([
        { rule_id: 'r_hold', rule_type: 'escalate_if', parameters: { amount_above: 10 } },
        { rule_id: 'r_dup', rule_type: 'duplicate_guard', parameters: { window_minutes: 60 } },
        {
          rule_id: 'r_cap',
          rule_type: 'agent_cap',
          parameters: { limit: '90.00', currency: 'USD', period: 'day' },
        },
      ]),
      budgets: [{ budgetId: 'all', limit: '100.00' }],
    });
    gateway = await installation.gateway();
    owner = await openDatabase({ connection: installation.connection, applicationName: 'test', as: 'owner' });
    const ask = async (vendor: string, amountMinor: bigint, atMs?: number): Promise<void> => {
      const request = requestOf(installation, 'agent_a', { vendor, amountMinor });
      accepted(await gateway.gate.submit(atMs === undefined ? request : { ...request, atMs }));
    };
    await ask('first', 100n);
    await ask('first', 100n); // a duplicate
    await ask('held', 2_000n);
    await ask('too_dear', 20_000n);
    // A replay of old data is decided at its own time, at night, and not when it is recorded.
    await gateway.admin.policies.publish(OPERATOR, policyOf([HOURS]));
    await ask('at_night', 300n, TEST_TIME_MS - 9 * 3_600_000);
    await ask('by_day', 300n, TEST_TIME_MS - 86_400_000);
    const check = {
      agentId: 'agent_a',
      policyId: 'pol',
      actionType: 'refund' as const,
      counterparty: 'someone',
      amountMinor: 500n,
      currency: 'USD' as const,
      rail: null,
      category: null,
      country: null,
      mcc: null,
      merchantDomain: null,
      daysSincePurchase: 3,
      discountBasisPoints: null,
      dealAmountMinor: null,
    };
    const caller = installation.callerOf('agent_a');
    accepted(
      await gateway.gate.submit({ command: { kind: 'check', input: check, idempotency: null }, caller }),
    );
    await gateway.admin.agents.suspend(OPERATOR, 'agent_a');
    accepted(
      await gateway.gate.submit({ command: { kind: 'check', input: check, idempotency: null }, caller }),
    );
  });
  afterAll(async () => {
    await owner.close();
    await installation.close();
  });

  it('finds each of them as it was recorded', async () => {
    const report = await recomputeDecisions(gateway.database.pool);
    expect(report).toEqual({ checked: 8, otherCore: 0, differenceCount: 0, differences: [] });
    const { rows } = await owner.pool.query<{ type: string; n: bigint }>(
      `SELECT convert_from(body, 'UTF8')::json ->> 'type' AS type, count(*) AS n FROM log_entry
       WHERE convert_from(body, 'UTF8')::json -> 'decision' IS NOT NULL GROUP BY 1 ORDER BY 1`,
    );
    expect(Object.fromEntries(rows.map((row) => [row.type, Number(row.n)]))).toEqual({
      'check.allowed': 1,
      'check.blocked': 1,
      'purchase.approved': 2,
      'purchase.denied': 3,
      'purchase.held': 1,
    });
  });

  // The owner of the database can get past the trigger; that the tree shows it too is the log's own test.
  it.each([
    ['an outcome', `replace(body, '"outcome":"denied"', '"outcome":"approved"')`, 'outcome'],
    ['a balance', `regexp_replace(body, '"10000","0","100"', '"10000","0","99"')`, 'passed'],
    ['an amount', `replace(body, '"amount":"20.00"', '"amount":"21.00"')`, 'findings'],
    ['the time of a replay', `regexp_replace(body, '"decided_at":\\d+', '"decided_at":0')`, 'passed'],
  ])('finds %s that was altered', async (_what, alteration, field) => {
    const altered = alteration.replace('body', "convert_from(body, 'UTF8')");
    const client = await owner.connect();
    try {
      await client.query('ALTER TABLE log_entry DISABLE TRIGGER append_only');
      await client.query('CREATE TABLE kept AS SELECT entry_id, body FROM log_entry');
      await client.query(`UPDATE log_entry SET body = convert_to(${altered}, 'UTF8')`);
      const report = await recomputeDecisions(gateway.database.pool);
      expect(report.differenceCount).toBeGreaterThan(0);
      expect(report.differences.map((difference) => difference.reason).join()).toContain(field);
    } finally {
      await client.query(
        'UPDATE log_entry SET body = kept.body FROM kept WHERE kept.entry_id = log_entry.entry_id',
      );
      await client.query('DROP TABLE kept');
      await client.query('ALTER TABLE log_entry ENABLE TRIGGER append_only');
      await client.end();
    }
    expect((await recomputeDecisions(gateway.database.pool)).differenceCount).toBe(0);
  });

  it('finds a policy version that was altered', async () => {
    const client = await owner.connect();
    try {
      await client.query('ALTER TABLE policy_version DISABLE TRIGGER append_only');
      await client.query(
        `UPDATE policy_version SET document = replace(document::text, '"amount_above":10', '"amount_above":11')::json WHERE version = 1`,
      );
      const report = await recomputeDecisions(gateway.database.pool);
      expect(report.differenceCount).toBeGreaterThan(0);
    } finally {
      await client.query(
        `UPDATE policy_version SET document = replace(document::text, '"amount_above":11', '"amount_above":10')::json WHERE version = 1`,
      );
      await client.query('ALTER TABLE policy_version ENABLE TRIGGER append_only');
      await client.end();
    }
  });
});

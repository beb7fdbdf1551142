import { parseVerifierKey } from '@countersign/audit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { AdminError } from '../../packages/server/src/admin/admin-error.ts';
import { actionOfTerms } from '../../packages/server/src/gate/entry-body.ts';
import { fingerprintOf } from '../../packages/server/src/gate/resolve-action.ts';
import type { Gateway } from '../../packages/server/src/main.ts';
import { verifyDatabase } from '../../packages/server/src/record/verify-database.ts';
import {
  type Installation,
  createInstallation,
  ledgerFaults,
  recordFaults,
  requestOf,
  statusOf,
} from '../harness/installation.ts';
import { OPERATOR } from '../harness/test-admin.ts';

const CALLERS = 24;
const EACH = 6;
const AGENTS = ['agent_a', 'agent_b'] as const;

describe('room that moves between budgets while they are used', () => {
  let installation: Installation;
  let gateways: Gateway[];

  beforeEach(async () => {
    installation = await createInstallation({
      agents: AGENTS,
      budgets: AGENTS.map((agentId) => ({
        budgetId: `of_${agentId}`,
        agentId,
        limit: '40.00',
        period: 'month',
      })),
    });
    gateways = await Promise.all([installation.gateway(), installation.gateway(), installation.gateway()]);
  });
  afterEach(async () => {
    const gateway = at(0);
    expect(await ledgerFaults(gateway.database.pool)).toEqual([]);
    expect(await recordFaults(gateway)).toEqual([]);
    const report = await verifyDatabase({
      database: gateway.database,
      verifierKey: parseVerifierKey(gateway.logReader.verifierKey()),
      fingerprintOf: (subject, terms) => fingerprintOf(actionOfTerms(subject, terms)),
    });
    expect(report.differences).toEqual([]);
    await installation.close();
  });

  const at = (index: number): Gateway => {
    const gateway = gateways[index % gateways.length];
    if (gateway === undefined) throw new Error('there are gateways');
    return gateway;
  };
  let made = 0;
  const buy = async (index: number, agentId: string, minor = 100n): Promise<boolean> => {
    const change = { vendor: `vendor_${(made += 1)}`, amountMinor: minor };
    return statusOf(await at(index).gate.submit(requestOf(installation, agentId, change))) === 'approved';
  };
  const transfer = async (index: number, from: string, to: string): Promise<boolean> => {
    try {
      const input = { from: `of_${from}`, to: `of_${to}`, amount: '3.00', currency: 'USD', reason: 'move' };
      await at(index).admin.budgetTransfers.create(OPERATOR, input);
      return true;
    } catch (error) {
      if (error instanceof AdminError && error.faults[0]?.code === 'insufficient_room') return false;
      throw error;
    }
  };
  const balances = async (): Promise<Map<string, { limit: bigint; used: bigint }>> => {
    const { rows } = await at(0).database.pool.query<{ id: string; limit: bigint; used: bigint }>(
      `SELECT budget_id AS id, limit_minor AS limit, pending_minor + committed_minor + spent_minor AS used
       FROM budget_period ORDER BY period_id`,
    );
    return new Map(rows.map(({ id, ...balance }) => [id, balance]));
  };

  it('is never spent twice, and the sum of the limits stays', async () => {
    const approved = { agent_a: 0, agent_b: 0 };
    let moved = 0;
    const caller = async (index: number): Promise<void> => {
      for (let round = 0; round < EACH; round += 1) {
        const agentId = (index + round) % 3 === 0 ? 'agent_b' : 'agent_a';
        if (await buy(index + round, agentId)) approved[agentId] += 1;
        const [from, to] = (index + round) % 4 === 0 ? ['agent_a', 'agent_b'] : ['agent_b', 'agent_a'];
        if (index % 3 === 0 && (await transfer(index, from, to))) moved += 1;
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, (_, index) => caller(index)));
    expect(moved).toBeGreaterThan(0);
    const now = await balances();
    let limits = 0n;
    for (const agentId of AGENTS) {
      const { limit, used } = now.get(`of_${agentId}`) ?? { limit: 0n, used: 0n };
      expect(used).toBe(BigInt(approved[agentId]) * 100n);
      expect(used).toBeLessThanOrEqual(limit);
      limits += limit;
      // Exactly what is left can still be bought, and not a cent more.
      if (limit > used) expect(await buy(0, agentId, limit - used)).toBe(true);
      expect(await buy(1, agentId, 1n)).toBe(false);
    }
    expect(limits).toBe(8_000n);
  });

  it('is carried over once, whoever opens the next period', async () => {
    const { budgets } = at(0).admin;
    for (const agentId of AGENTS) await budgets.update(OPERATOR, `of_${agentId}`, { carryOver: 'unused' });
    expect(await buy(0, 'agent_a', 1_500n)).toBe(true);
    installation.clock.nowMs = Date.UTC(2027, 1, 10); // December and January pass unused
    const bought = await Promise.all(
      Array.from({ length: 3 * CALLERS }, (_, index) => buy(index, AGENTS[index % 2] ?? 'agent_a')),
    );
    expect(bought.every(Boolean)).toBe(true);
    const { rows } = await at(0).database.pool.query<{ id: string; carried: bigint[] }>(
      `SELECT to_budget_id AS id, array_agg(amount_minor ORDER BY to_period_id) AS carried FROM budget_transfer
       WHERE kind = 'carry_over' GROUP BY 1 ORDER BY 1`,
    );
    expect(rows).toEqual([
      { id: 'of_agent_a', carried: [2_500n, 6_500n, 10_500n] },
      { id: 'of_agent_b', carried: [4_000n, 8_000n, 12_000n] },
    ]);
    expect((await balances()).get('of_agent_a')).toEqual({ limit: 14_500n, used: 3_600n });
  });

  it('is decided by one snapshot at a time', async () => {
    const { budgets, budgetSnapshots } = at(0).admin;
    await budgets.create(OPERATOR, {
      budgetId: 'erp',
      name: 'erp',
      scope: { type: 'organisation' },
      period: 'month',
      currency: 'USD',
      allocation: { external: { freshnessSeconds: 3600 } },
    });
    const asOf = (second: number): string =>
      new Date(installation.clock.nowMs - 60_000 + second * 1000).toISOString();
    const receive = (index: number, second: number, allocated: string): Promise<unknown> =>
      at(index).admin.budgetSnapshots.receive(OPERATOR, 'erp', {
        allocated,
        currency: 'USD',
        asOf: asOf(second),
        source: 'erp',
      });
    await budgetSnapshots.receive(OPERATOR, 'erp', {
      allocated: '10.00',
      currency: 'USD',
      asOf: asOf(0),
      source: 'erp',
    });
    const sender = async (): Promise<void> => {
      for (let second = 1; second <= 12; second += 1)
        await receive(second, second, second % 2 === 0 ? '20.00' : '15.00');
    };
    const results = await Promise.all([
      sender(),
      ...Array.from({ length: 2 * CALLERS }, (_, index) => buy(index, AGENTS[index % 2] ?? 'agent_a')),
    ]);
    const approved = results.filter((result) => result === true).length;
    const erp = (await balances()).get('erp');
    expect(erp).toEqual({ limit: 2_000n, used: BigInt(approved) * 100n });
    expect(approved).toBeGreaterThanOrEqual(10);
    expect(approved).toBeLessThanOrEqual(20);
  });
});

import { parseVerifierKey } from '@countersign/audit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AdminError } from '../../packages/server/src/admin/admin-error.ts';
import { actionOfTerms } from '../../packages/server/src/gate/entry-body.ts';
import { recomputeDecisions } from '../../packages/server/src/gate/recompute-decisions.ts';
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
import { BudgetTreeModel, type ModelCarryOver } from './budget-tree-model.ts';

const RUNS = 3;
const DAY_MS = 86_400_000;

/** A group with two departments, one of them with two cost centres. */
const PARENTS = {
  group: null,
  sales: 'group',
  research: 'group',
  lab: 'research',
  field: 'research',
} as const;
const NODES = ['group', 'sales', 'research', 'lab', 'field'] as const;
const LEAVES = ['sales', 'lab', 'field', 'research'] as const;
const LIMITS = { group: 3_000n, sales: 1_500n, research: 1_800n, lab: 1_000n, field: 1_000n };

type Step =
  | { readonly kind: 'buy'; readonly leaf: (typeof LEAVES)[number]; readonly amount: bigint }
  | { readonly kind: 'cancel'; readonly which: number }
  | { readonly kind: 'transfer'; readonly from: string; readonly to: string; readonly amount: bigint }
  | { readonly kind: 'limit'; readonly id: string; readonly limit: bigint }
  | { readonly kind: 'carry'; readonly id: string; readonly rule: ModelCarryOver }
  | { readonly kind: 'wait'; readonly days: number };

const node = fc.constantFrom(...NODES);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('buy' as const),
      leaf: fc.constantFrom(...LEAVES),
      amount: fc.bigInt({ min: 1n, max: 700n }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), which: fc.nat({ max: 20 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('transfer' as const),
      from: node,
      to: node,
      amount: fc.bigInt({ min: 1n, max: 800n }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('limit' as const),
      id: node,
      limit: fc.bigInt({ min: 0n, max: 3_000n }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('carry' as const),
      id: node,
      rule: fc.oneof(
        fc.constantFrom<ModelCarryOver>('none', 'unused', 'unused'),
        fc.bigInt({ min: 0n, max: 500n }).map((upTo) => ({ upTo })),
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 75 }) }),
  },
);

const amountOf = (minor: bigint): string => `${minor / 100n}.${(minor % 100n).toString().padStart(2, '0')}`;

function monthOf(atMs: number): number {
  const date = new Date(atMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

class Life {
  readonly model = new BudgetTreeModel(PARENTS, monthOf);
  readonly seen = new Map<string, number>();
  readonly #installation: Installation;
  readonly #gateways: readonly Gateway[];
  readonly #ids: string[] = [];
  #turn = 0;

  constructor(installation: Installation, gateways: readonly Gateway[]) {
    this.#installation = installation;
    this.#gateways = gateways;
  }

  get gateway(): Gateway {
    const gateway = this.#gateways[(this.#turn += 1) % this.#gateways.length];
    if (gateway === undefined) throw new Error('there are gateways');
    return gateway;
  }

  get nowMs(): number {
    return this.#installation.clock.nowMs;
  }

  async setUp(): Promise<void> {
    const { costCenters, budgets } = this.gateway.admin;
    for (const id of NODES) {
      await costCenters.create(OPERATOR, { costCenterId: id, name: id, parentId: PARENTS[id] });
      const scope = { type: 'cost_center', id };
      const limit = amountOf(LIMITS[id]);
      await budgets.create(OPERATOR, {
        budgetId: id,
        name: id,
        scope,
        period: 'month',
        currency: 'USD',
        limit,
      });
      this.model.add(id, LIMITS[id], this.nowMs);
    }
  }

  async take(one: Step): Promise<void> {
    const { model, nowMs } = this;
    switch (one.kind) {
      case 'buy': {
        const id = `vendor_${this.#ids.length}_${this.#turn}`;
        const change = { vendor: id, amountMinor: one.amount, costCenter: one.leaf };
        const answer = await this.gateway.gate.submit(requestOf(this.#installation, 'agent_a', change));
        const isApproved = statusOf(answer) === 'approved';
        expect(isApproved).toBe(
          model.buy(answer.ok ? answer.entry.subjectId : id, one.leaf, one.amount, nowMs),
        );
        if (isApproved && answer.ok) this.#ids.push(answer.entry.subjectId);
        this.#saw(isApproved ? 'approved' : 'denied');
        return;
      }
      case 'cancel': {
        const requestId = this.#ids[one.which];
        if (requestId === undefined) return;
        const caller = this.#installation.callerOf('agent_a');
        const command = { kind: 'cancel', requestId, reason: null } as const;
        if (!(await this.gateway.gate.submit({ command, caller })).ok) return;
        model.cancel(requestId);
        this.#saw('cancelled');
        return;
      }
      case 'transfer': {
        if (one.from === one.to) return;
        const isMoved = await this.#transfer(one);
        expect(isMoved).toBe(model.transfer(one.from, one.to, one.amount, nowMs));
        this.#saw(isMoved ? 'moved' : 'not moved');
        return;
      }
      case 'limit':
        await this.gateway.admin.budgets.update(OPERATOR, one.id, { limit: amountOf(one.limit) });
        model.setLimit(one.id, one.limit, nowMs);
        return;
      case 'carry': {
        const carryOver =
          typeof one.rule === 'string' ? one.rule : { unusedUpTo: { amount: amountOf(one.rule.upTo) } };
        await this.gateway.admin.budgets.update(OPERATOR, one.id, { carryOver });
        model.setCarryOver(one.id, one.rule, nowMs);
        return;
      }
      case 'wait':
        this.#installation.clock.nowMs += one.days * DAY_MS;
    }
  }

  async #transfer({ from, to, amount }: Step & { kind: 'transfer' }): Promise<boolean> {
    try {
      const input = { from, to, amount: amountOf(amount), currency: 'USD', reason: 'random' };
      await this.gateway.admin.budgetTransfers.create(OPERATOR, input);
      return true;
    } catch (error) {
      if (error instanceof AdminError && error.code === 'invalid') return false;
      throw error;
    }
  }

  #saw(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }

  /** Every period of every budget is what the model says, and holds what its leaves hold. */
  async compare(): Promise<void> {
    const { rows } = await this.gateway.database.pool.query<Record<string, unknown>>(
      `SELECT budget_id AS id, (extract(epoch FROM starts_at) * 1000)::int8 AS start, limit_minor AS limit,
         committed_minor AS used, overrun_minor AS overrun
       FROM budget_period ORDER BY budget_id, starts_at`,
    );
    const wanted = [...this.model.budgets.keys()].sort().flatMap((id) =>
      (this.model.budgets.get(id)?.periods ?? []).map((period) => ({
        id,
        start: BigInt(period.startMs),
        limit: period.limit,
        used: this.model.used(id, period),
        overrun: period.overrun,
      })),
    );
    expect(rows).toEqual(wanted);
    for (const { limit, used, overrun } of wanted) expect(used <= limit + overrun).toBe(true);
  }
}

async function live(steps: readonly Step[], seen: Map<string, number>): Promise<void> {
  const installation = await createInstallation({ agents: ['agent_a'], budgets: [] });
  try {
    const gateways = [await installation.gateway(), await installation.gateway()];
    const life = new Life(installation, gateways);
    await life.setUp();
    for (const one of steps) {
      await life.take(one);
      await life.compare();
    }
    const { gateway } = life;
    expect(await ledgerFaults(gateway.database.pool)).toEqual([]);
    expect(await recordFaults(gateway)).toEqual([]);
    expect(await recomputeDecisions(gateway.database.pool)).toMatchObject({ differences: [], otherCore: 0 });
    const report = await verifyDatabase({
      database: gateway.database,
      verifierKey: parseVerifierKey(gateway.logReader.verifierKey()),
      fingerprintOf: (subject, terms) => fingerprintOf(actionOfTerms(subject, terms)),
    });
    expect(report.differences).toEqual([]);
    for (const [what, count] of life.seen) seen.set(what, (seen.get(what) ?? 0) + count);
  } finally {
    await installation.close();
  }
}

describe('a tree of budgets under purchases, transfers, carry-over and changed limits', () => {
  it('never holds more than its limits, and its ledger balances', async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 50, size: 'max' }), (steps) =>
        live(steps, seen),
      ),
      { numRuns: RUNS, interruptAfterTimeLimit: 45_000, endOnFailure: true },
    );
    for (const what of ['approved', 'denied', 'moved', 'not moved'])
      expect(seen.get(what) ?? 0, what).toBeGreaterThan(0);
  }, 120_000);
});

import { applyTransfer, EMPTY_BALANCE, usedMinor, type Balance, type Transfer } from '@countersign/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  createTestAdmin,
  OPERATOR,
  refusalOf,
  type TestAdmin,
} from '../../../../tests/harness/test-admin.ts';
import { changeLimitOf } from './budget-limit.ts';
import type { BudgetInput } from './budgets.ts';

let test: TestAdmin;
beforeAll(async () => {
  test = await createTestAdmin();
  await test.admin.agents.create(OPERATOR, { agentId: 'agent_1', name: 'One' });
});
afterAll(() => test.close());

const MONTHLY = {
  name: 'Monthly',
  scope: { type: 'organisation' },
  period: 'month',
  currency: 'usd',
  limit: '1000.00',
} satisfies BudgetInput;

/** Opens the current period of a budget as the gate does, with its opening transfer, and uses some of it. */
async function usePeriod(
  budgetId: string,
  limit: bigint,
  used: { pending: bigint; committed: bigint; spent: bigint },
): Promise<bigint> {
  const { current } = await test.admin.budgets.get(budgetId);
  const { pool } = test.database;
  const { rows } = await pool.query<{ period_id: bigint }>(
    `INSERT INTO budget_period (budget_id, starts_at, ends_at, currency, limit_minor, pending_minor, committed_minor, spent_minor)
     VALUES ($1, $2, $3, 'USD', $4, $5, $6, $7) RETURNING period_id`,
    [budgetId, current.startsAt, current.endsAt, limit, used.pending, used.committed, used.spent],
  );
  const periodId = rows[0]!.period_id;
  await pool.query(
    `INSERT INTO transfer
     SELECT -$1::int8, row_number() OVER (), $1::int8, source::account, target::account, amount
     FROM (VALUES ('external', 'available', $2::int8), ('available', 'pending', $3), ('available', 'committed', $4),
                  ('available', 'spent', $5)) AS given (source, target, amount)
     WHERE amount > 0`,
    [periodId, limit, used.pending, used.committed, used.spent],
  );
  return periodId;
}

/** The balance row, and the sum of the period's transfers: they have to be the same. */
async function balancesOf(periodId: bigint): Promise<{ row: Balance; sum: Balance }> {
  const { pool } = test.database;
  const { rows } = await pool.query('SELECT * FROM budget_period WHERE period_id = $1', [periodId]);
  const transfers = await pool.query(
    `SELECT period_id AS "periodId", from_account AS "from", to_account AS "to", amount_minor AS "amountMinor"
     FROM transfer WHERE period_id = $1 ORDER BY entry_id, line`,
    [periodId],
  );
  return {
    row: {
      limitMinor: rows[0].limit_minor,
      pendingMinor: rows[0].pending_minor,
      committedMinor: rows[0].committed_minor,
      spentMinor: rows[0].spent_minor,
      overrunMinor: rows[0].overrun_minor,
    },
    sum: (transfers.rows as Transfer[]).reduce(applyTransfer, EMPTY_BALANCE),
  };
}

describe('creating a budget', () => {
  it('shows the whole limit until the period is used', async () => {
    const [entry] = await test.entriesOf(() =>
      test.admin.budgets.create(OPERATOR, { ...MONTHLY, budgetId: 'org_month', owner: 'bob@example.com' }),
    );
    expect(entry).toMatchObject({
      type: 'budget.created',
      subject_id: 'org_month',
      changes: { limit: { before: null, after: '1000.00' }, currency: { before: null, after: 'USD' } },
    });
    expect(JSON.stringify(entry)).not.toContain('bob@');
    expect(await test.admin.budgets.get('org_month')).toMatchObject({
      scope: [{ type: 'organisation', id: '*' }],
      timeZone: 'UTC',
      owner: 'bob@example.com',
      current: {
        startsAt: '2026-11-01T00:00:00.000Z',
        endsAt: '2026-12-01T00:00:00.000Z',
        limit: '1000.00',
        pending: '0.00',
        committed: '0.00',
        spent: '0.00',
        available: '1000.00',
        overrun: '0.00',
        overdrawn: false,
      },
    });
    expect(
      await refusalOf(test.admin.budgets.create(OPERATOR, { ...MONTHLY, budgetId: 'org_month' })),
    ).toMatchObject({
      code: 'already_exists',
    });
  });

  it('generates an id, and puts the narrowest dimension first', async () => {
    const scope = [
      { type: 'organisation' },
      { type: 'cost_center', id: 'Fire Services' },
      { type: 'agent', id: 'agent_1' },
    ];
    const budget = await test.admin.budgets.create(OPERATOR, { ...MONTHLY, scope, limit: 0 });
    expect(budget.budgetId).toMatch(/^bud_[0-9a-z]{26}$/);
    expect(budget.scope.map(({ type }) => type)).toEqual(['agent', 'cost_center', 'organisation']);
    expect(budget.limit).toBe('0.00');
  });

  it('takes its time zone from the legal entity', async () => {
    await test.admin.entities.create(OPERATOR, {
      entityId: 'acme_de',
      name: 'Acme',
      country: 'de',
      timeZone: 'Europe/Berlin',
    });
    const scope = { type: 'entity', id: 'acme_de' };
    const budget = await test.admin.budgets.create(OPERATOR, { ...MONTHLY, scope });
    expect(budget.timeZone).toBe('Europe/Berlin');
    expect(budget.current.startsAt).toBe('2026-10-31T23:00:00.000Z');
    const [entry] = await test.entriesOf(() =>
      test.admin.entities.update(OPERATOR, 'default', { timeZone: 'Asia/Tokyo' }),
    );
    expect(entry!.changes).toEqual({ time_zone: { before: 'UTC', after: 'Asia/Tokyo' } });
    expect((await test.admin.budgets.create(OPERATOR, MONTHLY)).timeZone).toBe('Asia/Tokyo');
    await test.admin.entities.update(OPERATOR, 'default', { timeZone: 'UTC' });
  });

  it('names the field that is wrong', async () => {
    const cases: [Partial<BudgetInput>, string, string][] = [
      [{ scope: [] }, '/scope', 'empty_list'],
      [{ scope: { type: 'planet', id: 'x' } }, '/scope/type', 'unknown_choice'],
      [{ scope: { type: 'agent' } }, '/scope/id', 'missing_field'],
      [{ scope: { type: 'organisation', id: 'acme' } }, '/scope/id', 'invalid_id'],
      [{ scope: { type: 'agent', id: 'agent_typo' } }, '/scope', 'unknown_agent'],
      [{ scope: { type: 'policy', id: 'pol_typo' } }, '/scope', 'unknown_policy'],
      [{ scope: { type: 'entity', id: 'typo' } }, '/scope', 'unknown_legal_entity'],
      [
        {
          scope: [
            { type: 'team', id: 'a' },
            { type: 'team', id: 'b' },
          ],
        },
        '/scope/1/type',
        'duplicate_dimension',
      ],
      [{ period: 'decade' }, '/period', 'unknown_choice'],
      [{ period: 'fixed', startsAt: '2026-01-01T00:00:00Z' }, '/ends_at', 'missing_field'],
      [{ startsAt: '2026-01-01T00:00:00Z' }, '/starts_at', 'not_a_fixed_period'],
      [
        { period: 'fixed', startsAt: '2026-01-01T00:00:00Z', endsAt: '2026-01-01T00:00:00Z' },
        '/ends_at',
        'out_of_range',
      ],
      [
        { period: 'fixed', startsAt: '2026-02-30T00:00:00Z', endsAt: '2027-01-01T00:00:00Z' },
        '/starts_at',
        'invalid_instant',
      ],
      [{ period: 'fixed', startsAt: '2026-01-01', endsAt: '2027-01-01' }, '/starts_at', 'invalid_instant'],
      [{ currency: 'dollars' }, '/currency', 'unknown_currency'],
      [{ limit: '1.005' }, '/limit', 'amount_too_precise'],
      [{ limit: -1 }, '/limit', 'amount_negative'],
      [{ currency: 'JPY', limit: 0.5 }, '/limit', 'amount_too_precise'],
      [{ timeZone: 'Mars/Olympus' }, '/time_zone', 'unknown_time_zone'],
      [{ owner: 'not an id' }, '/owner', 'invalid_id'],
    ];
    const entries = await test.entriesOf(async () => {
      for (const [change, field, code] of cases) {
        const refusal = await refusalOf(test.admin.budgets.create(OPERATOR, { ...MONTHLY, ...change }));
        expect(refusal, field).toEqual({ code: 'invalid', field, faults: [code] });
      }
    });
    expect(entries).toEqual([]);
  });

  it('has no current period outside a fixed range', async () => {
    const range = { period: 'fixed', startsAt: '2027-01-01T00:00:00Z', endsAt: '2027-07-01T00:00:00+02:00' };
    const budget = await test.admin.budgets.create(OPERATOR, { ...MONTHLY, ...range });
    expect(budget.current).toMatchObject({ startsAt: null, endsAt: null, available: '1000.00' });
    expect((await test.admin.budgets.changeLimit(OPERATOR, budget.budgetId, 500)).limit).toBe('500.00');
  });
});

describe('changing a limit', () => {
  it('moves the current period with it, as transfers of its entry', async () => {
    await test.admin.budgets.create(OPERATOR, { ...MONTHLY, budgetId: 'b_raise' });
    const periodId = await usePeriod('b_raise', 100_000n, {
      pending: 10_000n,
      committed: 20_000n,
      spent: 30_000n,
    });
    const [entry, ...more] = await test.entriesOf(() =>
      test.admin.budgets.changeLimit(OPERATOR, 'b_raise', '1500.50'),
    );
    expect(more).toEqual([]);
    expect(entry).toMatchObject({
      type: 'budget.limit_changed',
      changes: { limit: { before: '1000.00', after: '1500.50' } },
      transfers: [[Number(periodId), 'external', 'available', '50050']],
    });
    const { row, sum } = await balancesOf(periodId);
    expect(row).toEqual(sum);
    expect(row).toMatchObject({ limitMinor: 150_050n, overrunMinor: 0n });
    const { rows } = await test.database.pool.query('SELECT line FROM transfer WHERE entry_id = $1', [
      entry!.entry_id,
    ]);
    expect(rows).toEqual([{ line: 0 }]);
    expect((await test.admin.budgets.get('b_raise')).current).toMatchObject({
      available: '900.50',
      spent: '300.00',
    });
  });

  it('below what is used stops approvals and rewrites nothing', async () => {
    await test.admin.budgets.create(OPERATOR, { ...MONTHLY, budgetId: 'b_cut' });
    const periodId = await usePeriod('b_cut', 100_000n, {
      pending: 10_000n,
      committed: 20_000n,
      spent: 30_000n,
    });
    const cut = await test.admin.budgets.changeLimit(OPERATOR, 'b_cut', '500');
    expect(cut.current).toMatchObject({
      limit: '500.00',
      pending: '100.00',
      committed: '200.00',
      spent: '300.00',
      available: '-100.00',
      overrun: '100.00',
      overdrawn: true,
    });
    expect(await test.admin.budgets.get('b_cut')).toEqual(cut);
    await test.admin.budgets.changeLimit(OPERATOR, 'b_cut', '0');
    await test.admin.budgets.changeLimit(OPERATOR, 'b_cut', '2000');
    const { row, sum } = await balancesOf(periodId);
    expect(row).toEqual(sum);
    expect(row).toMatchObject({ limitMinor: 200_000n, overrunMinor: 60_000n });
    expect((await test.admin.budgets.get('b_cut')).current).toMatchObject({
      available: '1400.00',
      overdrawn: false,
    });
  });

  it('leaves other periods as they were', async () => {
    await test.admin.budgets.create(OPERATOR, { ...MONTHLY, budgetId: 'b_past', period: 'day' });
    const startMs = test.clock.nowMs;
    test.clock.nowMs = startMs - 86_400_000;
    const past = await usePeriod('b_past', 100_000n, { pending: 0n, committed: 0n, spent: 90_000n });
    test.clock.nowMs = startMs;
    await test.admin.budgets.changeLimit(OPERATOR, 'b_past', '10');
    expect((await balancesOf(past)).row).toMatchObject({ limitMinor: 100_000n, overrunMinor: 0n });
    expect((await test.admin.budgets.get('b_past')).current).toMatchObject({
      limit: '10.00',
      available: '10.00',
    });
  });

  it('to the same limit writes nothing; of a closed or unknown budget it is refused', async () => {
    await test.admin.budgets.create(OPERATOR, { ...MONTHLY, budgetId: 'b_close' });
    expect(await test.entriesOf(() => test.admin.budgets.changeLimit(OPERATOR, 'b_close', 1000))).toEqual([]);
    const closed = await test.entriesOf(async () => {
      await test.admin.budgets.close(OPERATOR, 'b_close');
      await test.admin.budgets.close(OPERATOR, 'b_close');
    });
    expect(closed.map((entry) => [entry.type, entry.changes])).toEqual([
      ['budget.closed', { status: { before: 'active', after: 'closed' } }],
    ]);
    expect(await refusalOf(test.admin.budgets.changeLimit(OPERATOR, 'b_close', 1))).toMatchObject({
      code: 'conflict',
    });
    expect(await refusalOf(test.admin.budgets.changeLimit(OPERATOR, 'b_none', 1))).toMatchObject({
      code: 'not_found',
    });
    const { items } = await test.admin.budgets.list({ status: 'closed' });
    expect(items.map((budget) => budget.budgetId)).toEqual(['b_close']);
  });

  it('keeps used <= limit + overrun and the sum of transfers, whatever the order of limits', () => {
    const amount = fc.bigInt({ min: 0n, max: 10n ** 12n });
    fc.assert(
      fc.property(
        amount,
        fc.tuple(amount, amount, amount),
        fc.array(amount, { maxLength: 12 }),
        (first, used, limits) => {
          const [pending, committed, spent] = used.map((one) =>
            first === 0n ? 0n : one % (first / 3n + 1n),
          );
          let balance: Balance = {
            ...EMPTY_BALANCE,
            limitMinor: first,
            pendingMinor: pending!,
            committedMinor: committed!,
            spentMinor: spent!,
          };
          for (const limitMinor of limits) {
            const before = balance;
            const changed = changeLimitOf(7n, before, limitMinor);
            balance = changed.balance;
            expect(changed.transfers.reduce(applyTransfer, before)).toEqual(balance);
            expect(balance.limitMinor).toBe(limitMinor);
            expect(usedMinor(balance)).toBe(usedMinor(before));
            expect(usedMinor(balance) <= balance.limitMinor + balance.overrunMinor).toBe(true);
          }
        },
      ),
    );
  });
});

describe('cost centres', () => {
  it('belong to a legal entity', async () => {
    const { costCenters } = test.admin;
    const [entry] = await test.entriesOf(() =>
      costCenters.create(OPERATOR, { costCenterId: 'platform', name: 'Platform' }),
    );
    expect(entry).toMatchObject({
      type: 'cost_center.created',
      changes: { entity_id: { after: 'default' } },
    });
    expect(await costCenters.get('platform')).toMatchObject({ entityId: 'default' });
    const orphan = { costCenterId: 'cc_2', name: 'Two', entityId: 'nowhere' };
    expect(await refusalOf(costCenters.create(OPERATOR, orphan))).toMatchObject({ field: '/entity_id' });
    await costCenters.create(OPERATOR, { costCenterId: 'Fire Services', name: 'Fire Services' });
    const first = await costCenters.list({ limit: 1 });
    const second = await costCenters.list({ limit: 1, cursor: first.nextCursor! });
    const ids = [...first.items, ...second.items].map((item) => item.costCenterId);
    expect(ids).toEqual(['Fire Services', 'platform']);
  });
});

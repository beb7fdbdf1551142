// gate/credit-periods.ts: which budget period a refund credits: the purchase's own while it is open, else the current
// one of the same budget. Periods never change, so they are read unlocked.
import { type ReadBudgetPeriodsRow, readBudgetPeriods } from '../ledger/read-budget-periods.ts';
import type { Writer } from '../db/writer.ts';
import type { Configuration } from './configuration.ts';
import type { FlushContext } from './flush-context.ts';
import { openPeriods } from './open-periods.ts';
import type { Prepared, Refusal } from './prepare-command.ts';
import { type PeriodKey, periodKeyOf } from './resolve-action.ts';

export interface CreditPeriods {
  /** Periods to lock besides those the purchases already name. */
  readonly periodIds: readonly bigint[];
  readonly creditPeriod: (periodId: bigint) => bigint;
}

export async function creditPeriodsOf(
  slots: readonly (Prepared | Refusal)[],
  configuration: Configuration,
  context: Pick<FlushContext, 'pool' | 'recorder' | 'now'> & { readonly writer: Pick<Writer, 'transaction'> },
): Promise<CreditPeriods | 'stale'> {
  const nowMs = context.now();
  const refunded = new Map<bigint, number>();
  for (const slot of slots) {
    if (!('kind' in slot) || slot.kind !== 'step' || slot.command.kind !== 'refund') continue;
    for (const periodId of slot.reservedPeriods) refunded.set(periodId, slot.atMs ?? nowMs);
  }
  if (refunded.size === 0) return { periodIds: [], creditPeriod: (periodId) => periodId };
  const current = new Map<bigint, PeriodKey>();
  const { rows } = await context.pool.query<ReadBudgetPeriodsRow>(readBudgetPeriods([...refunded.keys()]));
  for (const row of rows) {
    const atMs = refunded.get(row.period_id) ?? nowMs;
    const budget = configuration.budgets.get(row.budget_id);
    if (row.ends_at === null || row.ends_at.getTime() > atMs || budget === undefined) continue;
    const key = periodKeyOf(budget, atMs);
    if (key !== null) current.set(row.period_id, key);
  }
  const opened = await openPeriods([...current.values()], configuration, context);
  if (opened === 'stale') return 'stale';
  const creditOf = new Map(
    [...current].map(([periodId, key]) => [periodId, opened.get(key.key) ?? periodId]),
  );
  return {
    periodIds: [...creditOf.values()],
    creditPeriod: (periodId) => creditOf.get(periodId) ?? periodId,
  };
}

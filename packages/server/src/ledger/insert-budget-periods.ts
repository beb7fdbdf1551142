// ledger/insert-budget-periods.ts: opens budget periods that do not exist yet; another gateway may be opening the same.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface NewBudgetPeriod {
  readonly budgetId: string;
  readonly startsAtMs: number;
  readonly endsAtMs: number | null;
  readonly currency: string;
  readonly limitMinor: bigint;
}

/**
 * Returns the rows that were inserted, and only those. `periods` sorted by budget and start. A budget's limit is read
 * here, under the configuration lock: what the caller has cached may be older than an acknowledged change.
 */
export function insertBudgetPeriods(periods: readonly NewBudgetPeriod[]): Statement {
  return {
    name: 'insert_budget_periods',
    text: `INSERT INTO budget_period (budget_id, starts_at, ends_at, currency, limit_minor)
           SELECT given.budget_id, given.starts_at, given.ends_at, given.currency,
             coalesce(budget.limit_minor, given.limit_minor)
           FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::int8[])
             AS given (budget_id, starts_at, ends_at, currency, limit_minor)
           LEFT JOIN budget USING (budget_id)
           ORDER BY given.budget_id, given.starts_at
           ON CONFLICT (budget_id, starts_at) DO NOTHING
           RETURNING period_id, budget_id, starts_at, ends_at, currency, limit_minor`,
    values: [
      binaryArray.text(periods.map((period) => period.budgetId)),
      binaryArray.timestamptz(periods.map((period) => period.startsAtMs)),
      binaryArray.timestamptz(periods.map((period) => period.endsAtMs)),
      binaryArray.text(periods.map((period) => period.currency)),
      binaryArray.int8(periods.map((period) => period.limitMinor)),
    ],
  };
}

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

/** Returns the rows that were inserted, and only those. `periods` sorted by budget and start. */
export function insertBudgetPeriods(periods: readonly NewBudgetPeriod[]): Statement {
  return {
    name: 'insert_budget_periods',
    text: `INSERT INTO budget_period (budget_id, starts_at, ends_at, currency, limit_minor)
           SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::int8[])
           ON CONFLICT (budget_id, starts_at) DO NOTHING
           RETURNING period_id, budget_id, starts_at, limit_minor`,
    values: [
      binaryArray.text(periods.map((period) => period.budgetId)),
      binaryArray.timestamptz(periods.map((period) => period.startsAtMs)),
      binaryArray.timestamptz(periods.map((period) => period.endsAtMs)),
      binaryArray.text(periods.map((period) => period.currency)),
      binaryArray.int8(periods.map((period) => period.limitMinor)),
    ],
  };
}

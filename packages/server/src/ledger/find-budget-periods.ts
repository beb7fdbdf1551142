// ledger/find-budget-periods.ts: the periods of several budgets that start at given moments, where they have come into being.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface BudgetPeriodRow {
  period_id: bigint;
  budget_id: string;
  starts_at: Date;
  ends_at: Date | null;
  currency: string;
  limit_minor: bigint;
  pending_minor: bigint;
  committed_minor: bigint;
  spent_minor: bigint;
  overrun_minor: bigint;
}

export function findBudgetPeriods(
  keys: readonly { readonly budgetId: string; readonly startsAtMs: number }[],
): Statement {
  return {
    name: 'find_budget_periods',
    text: `SELECT period_id, budget_id, starts_at, ends_at, currency, limit_minor, pending_minor, committed_minor, spent_minor,
             overrun_minor
           FROM budget_period
           WHERE (budget_id, starts_at) IN (SELECT * FROM unnest($1::text[], $2::timestamptz[]))`,
    values: [
      binaryArray.text(keys.map((key) => key.budgetId)),
      binaryArray.timestamptz(keys.map((key) => key.startsAtMs)),
    ],
  };
}

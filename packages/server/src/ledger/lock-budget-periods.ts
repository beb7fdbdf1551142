// ledger/lock-budget-periods.ts: locks the guard rows of a batch's budgets and reads their balances, in one order.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface BudgetPeriodRow {
  period_id: bigint;
  budget_id: string;
  currency: string;
  limit_minor: bigint;
  pending_minor: bigint;
  committed_minor: bigint;
  spent_minor: bigint;
  overrun_minor: bigint;
}

/** NO KEY UPDATE: it blocks other writers of the row, not other transactions' references to it. */
export function lockBudgetPeriods(periodIds: readonly bigint[]): Statement {
  return {
    name: 'lock_budget_periods',
    text: `SELECT period_id, budget_id, currency, limit_minor,
                   pending_minor, committed_minor, spent_minor, overrun_minor
           FROM budget_period WHERE period_id = ANY ($1::int8[]) ORDER BY period_id FOR NO KEY UPDATE`,
    values: [binaryArray.int8(periodIds)],
  };
}

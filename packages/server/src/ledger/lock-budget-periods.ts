// ledger/lock-budget-periods.ts: locks the guard rows of a batch's budgets, in one order, ahead of locks that come later.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

/** NO KEY UPDATE: it blocks other writers of the row, not other transactions' references to it. */
export function lockBudgetPeriods(periodIds: readonly bigint[]): Statement {
  return {
    name: 'lock_budget_periods',
    text: 'SELECT FROM budget_period WHERE period_id = ANY ($1::int8[]) ORDER BY period_id FOR NO KEY UPDATE',
    values: [binaryArray.int8(periodIds)],
  };
}

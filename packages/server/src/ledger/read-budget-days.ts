// ledger/read-budget-days.ts: what a budget was used by, day by day, since a day; days without use have no row.
import type { Statement } from '../db/statement.ts';

export interface BudgetDayRow {
  /** `2026-11-18`. */
  day: string;
  used_minor: bigint;
  spent_minor: bigint;
}

export function readBudgetDays(budgetId: string, since: string): Statement {
  return {
    name: 'read_budget_days',
    text: `SELECT to_char(day, 'YYYY-MM-DD') AS day, used_minor, spent_minor FROM budget_day
           WHERE budget_id = $1 AND day >= $2::date ORDER BY day`,
    values: [budgetId, since],
  };
}

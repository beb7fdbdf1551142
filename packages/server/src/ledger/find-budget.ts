// ledger/find-budget.ts: one budget, whatever its status.
import type { Statement } from '../db/statement.ts';

export function findBudget(budgetId: string): Statement {
  return {
    name: 'find_budget',
    text: `SELECT budget_id, name, scope, period, starts_at, ends_at, currency, limit_minor, time_zone, owner,
             carry_over, allocation, status, created_at, entry_id
           FROM budget WHERE budget_id = $1`,
    values: [budgetId],
  };
}

// ledger/update-budget.ts: replaces the limit and the status of a budget.
import type { Statement } from '../db/statement.ts';

import type { StoredBudgetRow } from './insert-budget.ts';

export function updateBudget(row: StoredBudgetRow): Statement {
  return {
    name: 'update_budget',
    text: `UPDATE budget SET limit_minor = $2, status = $3, entry_id = $4 WHERE budget_id = $1`,
    values: [row.budget_id, row.limit_minor, row.status, row.entry_id],
  };
}

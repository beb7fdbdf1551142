// ledger/update-budget.ts: replaces what may change of a budget: its limit, what it carries over, its status.
import type { Statement } from '../db/statement.ts';

import type { StoredBudgetRow } from './insert-budget.ts';

export function updateBudget(row: StoredBudgetRow): Statement {
  return {
    name: 'update_budget',
    text: `UPDATE budget SET limit_minor = $2, status = $3, entry_id = $4, carry_over = $5 WHERE budget_id = $1`,
    values: [
      row.budget_id,
      row.limit_minor,
      row.status,
      row.entry_id,
      row.carry_over === null ? null : JSON.stringify(row.carry_over),
    ],
  };
}

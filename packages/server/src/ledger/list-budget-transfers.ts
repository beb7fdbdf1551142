// ledger/list-budget-transfers.ts: movements between budget periods in the order of their ids, which is that of time; of
// one budget, either way, where it is given.
import type { Statement } from '../db/statement.ts';

export function listBudgetTransfers({
  after,
  limit,
  budgetId,
}: {
  readonly after: string;
  readonly limit: number;
  readonly budgetId: string | null;
}): Statement {
  return {
    name: 'list_budget_transfers',
    text: `SELECT budget_transfer.*,
             (SELECT text FROM configuration_text WHERE subject_id = transfer_id AND field = 'budget_transfer.reason'
              LIMIT 1) AS reason
           FROM budget_transfer
           WHERE transfer_id > $1 AND ($3::text IS NULL OR from_budget_id = $3 OR to_budget_id = $3)
           ORDER BY transfer_id LIMIT $2`,
    values: [after, limit, budgetId],
  };
}

// ledger/find-budget-transfer.ts: one movement between budget periods, with what was said of it while that is kept.
import type { Statement } from '../db/statement.ts';

import type { BudgetTransferRow } from './insert-budget-transfers.ts';

export interface FoundBudgetTransferRow extends BudgetTransferRow {
  reason: string | null;
}

export function findBudgetTransfer(transferId: string): Statement {
  return {
    name: 'find_budget_transfer',
    text: `SELECT budget_transfer.*,
             (SELECT text FROM configuration_text WHERE subject_id = transfer_id AND field = 'budget_transfer.reason'
              LIMIT 1) AS reason
           FROM budget_transfer WHERE transfer_id = $1`,
    values: [transferId],
  };
}

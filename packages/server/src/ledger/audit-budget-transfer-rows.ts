// ledger/audit-budget-transfer-rows.ts: every transfer between budget periods with the entry that made it. For the auditor alone.
import { exactTime } from '../db/exact-time.ts';
import type { Statement } from '../db/statement.ts';

export function auditBudgetTransferRows(): Statement {
  return {
    name: 'audit_budget_transfer_rows',
    text: `SELECT budget_transfer.*, log_entry.subject_id AS entry_subject, log_entry.body AS entry_body, ${exactTime('created_at')} AS created
           FROM budget_transfer LEFT JOIN log_entry USING (entry_id) ORDER BY transfer_id`,
    values: [],
  };
}

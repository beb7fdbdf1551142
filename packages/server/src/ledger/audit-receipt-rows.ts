// ledger/audit-receipt-rows.ts: every receipt with the entry that made it. For the auditor alone.
import { exactTime } from '../db/exact-time.ts';
import type { Statement } from '../db/statement.ts';

export function auditReceiptRows(): Statement {
  return {
    name: 'audit_receipt_rows',
    text: `SELECT receipt.*, log_entry.subject_id AS entry_subject, log_entry.body AS entry_body, ${exactTime('created_at')} AS created
           FROM receipt LEFT JOIN log_entry USING (entry_id) ORDER BY receipt_id`,
    values: [],
  };
}

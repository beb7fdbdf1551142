// ledger/audit-supplier-rows.ts: every version of a supplier with the entry that made it. For the auditor alone.
import { exactTime } from '../db/exact-time.ts';
import type { Statement } from '../db/statement.ts';

export function auditSupplierRows(): Statement {
  return {
    name: 'audit_supplier_rows',
    text: `SELECT supplier_version.*, log_entry.subject_id AS entry_subject, log_entry.body AS entry_body, ${exactTime('created_at')} AS created
           FROM supplier_version LEFT JOIN log_entry USING (entry_id) ORDER BY supplier_id, version`,
    values: [],
  };
}

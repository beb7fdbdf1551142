// ledger/audit-sourcing-rows.ts: every version of sourcing policies, tenders and framework agreements with the entry that
// made it. For the auditor alone.
import { exactTime } from '../db/exact-time.ts';
import type { Statement } from '../db/statement.ts';

export function auditSourcingRows(): Statement {
  return {
    name: 'audit_sourcing_rows',
    text: `SELECT sourcing_version.*, log_entry.subject_id AS entry_subject, log_entry.body AS entry_body, ${exactTime('created_at')} AS created
           FROM sourcing_version LEFT JOIN log_entry USING (entry_id) ORDER BY kind, record_id, version`,
    values: [],
  };
}

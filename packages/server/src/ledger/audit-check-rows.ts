// ledger/audit-check-rows.ts: every check with the entry that made it. For the auditor alone.
import { exactTime } from '../db/exact-time.ts';
import type { Statement } from '../db/statement.ts';

export function auditCheckRows(): Statement {
  return {
    name: 'audit_check_rows',
    text: `SELECT policy_check.*, log_entry.subject_id AS entry_subject, log_entry.body AS entry_body, ${exactTime('created_at')} AS created
           FROM policy_check LEFT JOIN log_entry USING (entry_id) ORDER BY check_id`,
    values: [],
  };
}

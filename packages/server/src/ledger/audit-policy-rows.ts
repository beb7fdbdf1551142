// ledger/audit-policy-rows.ts: every policy version with the entry that made it. For the auditor alone.
import { exactTime } from '../db/exact-time.ts';
import type { Statement } from '../db/statement.ts';

export function auditPolicyRows(): Statement {
  return {
    name: 'audit_policy_rows',
    text: `SELECT policy_version.*, log_entry.subject_id AS entry_subject, log_entry.body AS entry_body, ${exactTime('created_at')} AS created
           FROM policy_version LEFT JOIN log_entry USING (entry_id) ORDER BY policy_id, version`,
    values: [],
  };
}

// ledger/audit-jurisdiction-rows.ts: every version of the regions with the entry that made it. For the auditor alone.
import { exactTime } from '../db/exact-time.ts';
import type { Statement } from '../db/statement.ts';

export function auditJurisdictionRows(): Statement {
  return {
    name: 'audit_jurisdiction_rows',
    text: `SELECT jurisdiction_version.*, log_entry.body AS entry_body, ${exactTime('created_at')} AS created
           FROM jurisdiction_version LEFT JOIN log_entry USING (entry_id) ORDER BY version`,
    values: [],
  };
}

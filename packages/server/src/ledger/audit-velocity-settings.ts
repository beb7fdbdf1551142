// ledger/audit-velocity-settings.ts: every version of how requests are watched, with its entry. For the auditor alone.
import { exactTime } from '../db/exact-time.ts';
import type { Statement } from '../db/statement.ts';

export function auditVelocitySettings(): Statement {
  return {
    name: 'audit_velocity_settings',
    text: `SELECT velocity_settings.*, log_entry.subject_id AS entry_subject, log_entry.body AS entry_body,
             ${exactTime('created_at')} AS created
           FROM velocity_settings LEFT JOIN log_entry USING (entry_id) ORDER BY version`,
    values: [],
  };
}

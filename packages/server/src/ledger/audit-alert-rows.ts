// ledger/audit-alert-rows.ts: every alert with the entry that raised it, and that of its acknowledgement. For the auditor alone.
import { exactTime } from '../db/exact-time.ts';
import type { Statement } from '../db/statement.ts';

export function auditAlertRows(): Statement {
  return {
    name: 'audit_alert_rows',
    text: `SELECT alert.*, raised.subject_id AS entry_subject, raised.body AS entry_body, seen.subject_id AS seen_subject,
             seen.body AS seen_body, ${exactTime('alert.created_at')} AS created,
             ${exactTime('alert.acknowledged_at')} AS acknowledged
           FROM alert LEFT JOIN log_entry AS raised ON raised.entry_id = alert.entry_id
             LEFT JOIN log_entry AS seen ON seen.entry_id = alert.last_entry_id AND alert.last_entry_id <> alert.entry_id
           ORDER BY alert_id`,
    values: [],
  };
}

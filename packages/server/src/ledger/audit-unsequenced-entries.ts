// ledger/audit-unsequenced-entries.ts: entries that have no leaf. For the auditor alone.
import type { Statement } from '../db/statement.ts';

export function auditUnsequencedEntries(): Statement {
  return {
    name: 'audit_unsequenced_entries',
    text: `SELECT entry_id, type_code, subject_id, body FROM log_entry
           WHERE NOT EXISTS (SELECT FROM log_leaf WHERE log_leaf.entry_id = log_entry.entry_id) ORDER BY entry_id`,
    values: [],
  };
}

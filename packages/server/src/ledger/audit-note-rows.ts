// ledger/audit-note-rows.ts: every note with the entry that made it. For the auditor alone.
import type { Statement } from '../db/statement.ts';

export function auditNoteRows(): Statement {
  return {
    name: 'audit_note_rows',
    text: `SELECT note.*, log_entry.subject_id AS entry_subject, log_entry.body AS entry_body
           FROM note LEFT JOIN log_entry USING (entry_id) ORDER BY entry_id`,
    values: [],
  };
}

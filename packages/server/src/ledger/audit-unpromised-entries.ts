// ledger/audit-unpromised-entries.ts: entries that no promise covers. For the auditor alone.
import type { Statement } from '../db/statement.ts';

export function auditUnpromisedEntries(): Statement {
  return {
    name: 'audit_unpromised_entries',
    text: `SELECT entry_id FROM log_entry EXCEPT SELECT unnest(entry_ids) FROM log_promise`,
    values: [],
  };
}

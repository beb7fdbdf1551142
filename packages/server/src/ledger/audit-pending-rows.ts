// ledger/audit-pending-rows.ts: everything that waits to be sequenced. For the auditor alone.
import type { Statement } from '../db/statement.ts';

export function auditPendingRows(): Statement {
  return {
    name: 'audit_pending_rows',
    text: `SELECT first_entry_id, entry_ids, type_codes, leaf_hashes FROM log_pending`,
    values: [],
  };
}

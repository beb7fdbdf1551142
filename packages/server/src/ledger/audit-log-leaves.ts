// ledger/audit-log-leaves.ts: every leaf with its entry, in the tree's order. For the auditor alone.
import type { Statement } from '../db/statement.ts';

export function auditLogLeaves(): Statement {
  return {
    name: 'audit_log_leaves',
    text: `SELECT leaf_index, entry_id, type_code, leaf_hash, subject_id, body
           FROM log_leaf LEFT JOIN log_entry USING (entry_id) ORDER BY leaf_index`,
    values: [],
  };
}

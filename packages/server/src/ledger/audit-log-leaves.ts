// ledger/audit-log-leaves.ts: every leaf with its entry, in the tree's order. For the auditor alone.
import type { Statement } from '../db/statement.ts';

export function auditLogLeaves(): Statement {
  return {
    name: 'audit_log_leaves',
    text: `SELECT leaf_index, entry_id, log_leaf.type_code, leaf_hash, log_entry.type_code AS entry_type_code, subject_id, body
           FROM log_leaf LEFT JOIN log_entry USING (entry_id) ORDER BY leaf_index`,
    values: [],
  };
}

// ledger/audit-promise-rows.ts: every promise with the leaf hashes of its batch, in the order of the gateways' chains. For the auditor alone.
import type { Statement } from '../db/statement.ts';

export function auditPromiseRows(): Statement {
  return {
    name: 'audit_promise_rows',
    text: `SELECT first_entry_id, gateway_id, sequence, entry_ids, promise,
             COALESCE(
               (SELECT leaf_hashes FROM log_pending WHERE log_pending.first_entry_id = log_promise.first_entry_id),
               (SELECT string_agg(leaf_hash, ''::bytea ORDER BY place)
                FROM unnest(entry_ids) WITH ORDINALITY AS wanted (entry_id, place)
                JOIN log_leaf USING (entry_id))) AS leaf_hashes
           FROM log_promise ORDER BY gateway_id, sequence`,
    values: [],
  };
}

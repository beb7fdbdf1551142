// ledger/take-log-pending.ts: removes and returns the oldest visible pending rows, whole, until they hold enough entries.
// Sent after the lock on the log's head. A row that becomes visible later is taken then, whatever its ids.
import type { Statement } from '../db/statement.ts';

export interface LogPendingRow {
  entry_ids: bigint[];
  type_codes: Buffer;
  leaf_hashes: Buffer;
}

export function takeLogPending(entriesMax: number): Statement {
  return {
    name: 'take_log_pending',
    text: `DELETE FROM log_pending WHERE first_entry_id IN (
             SELECT first_entry_id FROM (
               SELECT first_entry_id, sum(cardinality(entry_ids)) OVER (ORDER BY first_entry_id)
                 - cardinality(entry_ids) AS entries_before
               FROM (SELECT first_entry_id, entry_ids FROM log_pending ORDER BY first_entry_id LIMIT $1::int) AS oldest
             ) AS counted WHERE entries_before < $1::int)
           RETURNING entry_ids, type_codes, leaf_hashes`,
    values: [entriesMax],
  };
}

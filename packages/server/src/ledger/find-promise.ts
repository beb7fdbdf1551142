// ledger/find-promise.ts: the stored promise of the batch an entry was written in, with the leaf hashes it covers,
// in one snapshot: they move from the pending row to the leaves meanwhile.
import type { Statement } from '../db/statement.ts';

export interface PromiseRow {
  entry_ids: bigint[];
  /** The signed statement with its signature; each caller's path is left out. */
  promise: unknown;
  /** Of a batch that is not in the tree yet: 32 bytes each, in the order of the entry ids. */
  pending_hashes: Buffer | null;
  /** Of a batch that is in the tree: the same. */
  leaf_hashes: Buffer | null;
}

export function findPromise(entryId: bigint): Statement {
  return {
    name: 'find_promise',
    text: `SELECT entry_ids, promise,
             (SELECT leaf_hashes FROM log_pending WHERE first_entry_id = batch.first_entry_id) AS pending_hashes,
             (SELECT string_agg(leaf_hash, ''::bytea ORDER BY place)
              FROM unnest(entry_ids) WITH ORDINALITY AS wanted (entry_id, place)
              JOIN log_leaf USING (entry_id)) AS leaf_hashes
           FROM (SELECT first_entry_id, entry_ids, promise FROM log_promise
                 WHERE first_entry_id <= $1::int8 AND $1::int8 = ANY (entry_ids)
                 ORDER BY first_entry_id DESC LIMIT 1) AS batch`,
    values: [entryId.toString()],
  };
}

// ledger/insert-promise.ts: stores the signed promise of a batch of log entries, once for all of them.
// Sent inside the transaction of the change they record.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';
import type { SealedBatch, SealedEntry } from '../record/recorder.ts';

type PromisedBatch = Pick<SealedBatch, 'gateway' | 'sequence'> & {
  readonly entries: readonly Pick<SealedEntry, 'entryId' | 'promise'>[];
};

/** At least one entry. */
export function insertPromise({ entries, gateway, sequence }: PromisedBatch): Statement {
  const first = entries[0];
  if (first === undefined) throw new Error('a sealed batch has an entry');
  const { batch_index, path, leaf_hash, ...promise } = first.promise;
  return {
    name: 'insert_promise',
    text: `INSERT INTO log_promise (first_entry_id, gateway_id, sequence, entry_ids, promise)
           VALUES (($1::int8[])[1], $2, $3::int8, $1, $4::json)`,
    values: [
      binaryArray.int8(entries.map((entry) => entry.entryId)),
      gateway,
      sequence,
      JSON.stringify(promise),
    ],
  };
}

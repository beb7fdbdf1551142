// ledger/record-entries.ts: stores sealed log entries, what the sequencer must still append, and the promise.
// Sent inside the transaction of the change they record.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';
import type { SealedBatch, SealedEntry } from '../record/recorder.ts';

/** What of a sealed batch is stored. */
export type RecordEntriesBatch = Pick<SealedBatch, 'gateway' | 'sequence'> & {
  readonly entries: readonly Pick<
    SealedEntry,
    'entryId' | 'subjectId' | 'bytes' | 'typeCode' | 'leafHash' | 'promise'
  >[];
};

/** One statement for all three, as each has a cost of its own. At least one entry. */
export function recordEntries(batch: RecordEntriesBatch): Statement {
  const { entries } = batch;
  const first = entries[0];
  if (first === undefined) throw new Error('a sealed batch has an entry');
  const { batch_index, path, leaf_hash, ...statement } = first.promise;
  return {
    name: 'record_entries',
    text: `WITH entry AS (
             INSERT INTO log_entry (entry_id, type_code, subject_id, body)
             SELECT * FROM unnest($1::int8[], $9::int4[], $2::text[], $3::bytea[])
           ), pending AS (
             INSERT INTO log_pending (first_entry_id, entry_ids, type_codes, leaf_hashes)
             VALUES (($1::int8[])[1], $1, $4::bytea, $5::bytea)
           )
           INSERT INTO log_promise (first_entry_id, gateway_id, sequence, entry_ids, promise)
           VALUES (($1::int8[])[1], $6, $7::int8, $1, $8::json)`,
    values: [
      binaryArray.int8(entries.map((entry) => entry.entryId)),
      binaryArray.text(entries.map((entry) => entry.subjectId)),
      binaryArray.bytea(entries.map((entry) => entry.bytes)),
      typeCodes(entries),
      Buffer.concat(entries.map((entry) => entry.leafHash)),
      batch.gateway,
      batch.sequence,
      JSON.stringify(statement),
      binaryArray.int4(entries.map((entry) => entry.typeCode)),
    ],
  };
}

function typeCodes(entries: RecordEntriesBatch['entries']): Buffer {
  const codes = Buffer.allocUnsafe(entries.length * 4);
  entries.forEach((entry, index) => codes.writeInt32BE(entry.typeCode, index * 4));
  return codes;
}

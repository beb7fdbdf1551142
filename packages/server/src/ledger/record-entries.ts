// ledger/record-entries.ts: stores sealed log entries, what the sequencer must still append, and the promise.
// Sent inside the transaction of the change they record.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';
import type { SealedBatch } from '../record/recorder.ts';

/** The statements that store a sealed batch, in order. */
export function recordEntries(batch: SealedBatch): Statement[] {
  const { entries } = batch;
  const first = entries[0];
  if (first === undefined) return [];
  const entryIds = binaryArray.int8(entries.map((entry) => entry.entryId));
  const { batch_index, path, leaf_hash, ...statement } = first.promise;
  return [
    {
      name: 'insert_log_entry',
      text: `INSERT INTO log_entry (entry_id, subject_id, body)
             SELECT * FROM unnest($1::int8[], $2::text[], $3::bytea[])`,
      values: [
        entryIds,
        binaryArray.text(entries.map((entry) => entry.subjectId)),
        binaryArray.bytea(entries.map((entry) => entry.bytes)),
      ],
    },
    {
      name: 'insert_log_pending',
      text: `INSERT INTO log_pending (first_entry_id, entry_ids, type_codes, leaf_hashes)
             VALUES ($1::int8, $2::int8[], $3::bytea, $4::bytea)`,
      values: [
        first.entryId,
        entryIds,
        typeCodes(entries),
        Buffer.concat(entries.map((entry) => entry.leafHash)),
      ],
    },
    {
      name: 'insert_log_promise',
      text: `INSERT INTO log_promise (first_entry_id, gateway_id, sequence, entry_ids, promise)
             VALUES ($1::int8, $2, $3, $4::int8[], $5::json)`,
      values: [first.entryId, batch.gateway, batch.sequence, entryIds, JSON.stringify(statement)],
    },
  ];
}

function typeCodes(entries: SealedBatch['entries']): Buffer {
  const codes = Buffer.allocUnsafe(entries.length * 4);
  entries.forEach((entry, index) => codes.writeInt32BE(entry.typeCode, index * 4));
  return codes;
}

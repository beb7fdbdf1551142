// ledger/record-entries.ts: stores sealed log entries, what the sequencer must still append, and the promise.
// Sent inside the transaction of the change they record.
import { binaryArray } from '../db/binary-array.ts';
import { combineStatements } from '../db/combine-statements.ts';
import { rowStatement } from '../db/row-statement.ts';
import type { Statement } from '../db/statement.ts';
import type { SealedBatch, SealedEntry } from '../record/recorder.ts';

/** What of a sealed batch is stored. */
export type RecordEntriesBatch = Pick<SealedBatch, 'gateway' | 'sequence'> & {
  readonly entries: readonly Pick<
    SealedEntry,
    'entryId' | 'subjectId' | 'bytes' | 'typeCode' | 'leafHash' | 'promise'
  >[];
};

const insertEntries = rowStatement<RecordEntriesBatch['entries'][number]>({
  name: 'insert_log_entries',
  columns: [
    ['entry_id', 'int8', (entry) => entry.entryId],
    ['type_code', 'int4', (entry) => entry.typeCode],
    ['subject_id', 'text', (entry) => entry.subjectId],
    ['body', 'bytea', (entry) => entry.bytes],
  ],
  text: (rows) => `INSERT INTO log_entry (entry_id, type_code, subject_id, body) SELECT * FROM ${rows}`,
});

/** One statement for all three tables. At least one entry. */
export function recordEntries({ entries, gateway, sequence }: RecordEntriesBatch): Statement {
  const first = entries[0];
  if (first === undefined) throw new Error('a sealed batch has an entry');
  const { batch_index, path, leaf_hash, ...promise } = first.promise;
  const entryIds = binaryArray.int8(entries.map((entry) => entry.entryId));
  return combineStatements([
    insertEntries(entries),
    {
      name: 'insert_log_pending',
      text: `INSERT INTO log_pending (first_entry_id, entry_ids, type_codes, leaf_hashes)
             VALUES (($1::int8[])[1], $1, $2::bytea, $3::bytea)`,
      values: [entryIds, typeCodes(entries), Buffer.concat(entries.map((entry) => entry.leafHash))],
    },
    {
      name: 'insert_log_promise',
      text: `INSERT INTO log_promise (first_entry_id, gateway_id, sequence, entry_ids, promise)
             VALUES (($1::int8[])[1], $2, $3::int8, $1, $4::json)`,
      values: [entryIds, gateway, sequence, JSON.stringify(promise)],
    },
  ]);
}

function typeCodes(entries: RecordEntriesBatch['entries']): Buffer {
  const codes = Buffer.allocUnsafe(entries.length * 4);
  entries.forEach((entry, index) => codes.writeInt32BE(entry.typeCode, index * 4));
  return codes;
}

// ledger/record-entries.ts: stores sealed log entries, and what the sequencer must still append.
// Sent inside the transaction of the change they record.
import { binaryArray } from '../db/binary-array.ts';
import { combineStatements } from '../db/combine-statements.ts';
import { rowStatement } from '../db/row-statement.ts';
import type { Statement } from '../db/statement.ts';
import type { SealedEntry } from '../record/recorder.ts';

/** What of a sealed entry is stored. */
export type RecordEntriesRow = Pick<SealedEntry, 'entryId' | 'subjectId' | 'bytes' | 'typeCode' | 'leafHash'>;

const insertEntries = rowStatement<RecordEntriesRow>({
  name: 'insert_log_entries',
  columns: [
    ['entry_id', 'int8', (entry) => entry.entryId],
    ['type_code', 'int4', (entry) => entry.typeCode],
    ['subject_id', 'text', (entry) => entry.subjectId],
    ['body', 'bytea', (entry) => entry.bytes],
  ],
  text: (rows) => `INSERT INTO log_entry (entry_id, type_code, subject_id, body) SELECT * FROM ${rows}`,
});

/** One statement for both tables. At least one entry. */
export function recordEntries(entries: readonly RecordEntriesRow[]): Statement {
  return combineStatements([
    insertEntries(entries),
    {
      name: 'insert_log_pending',
      text: `INSERT INTO log_pending (first_entry_id, entry_ids, type_codes, leaf_hashes)
             VALUES (($1::int8[])[1], $1, $2::bytea, $3::bytea)`,
      values: [
        binaryArray.int8(entries.map((entry) => entry.entryId)),
        typeCodes(entries),
        Buffer.concat(entries.map((entry) => entry.leafHash)),
      ],
    },
  ]);
}

function typeCodes(entries: readonly RecordEntriesRow[]): Buffer {
  const codes = Buffer.allocUnsafe(entries.length * 4);
  entries.forEach((entry, index) => codes.writeInt32BE(entry.typeCode, index * 4));
  return codes;
}

// ledger/read-entries-of-type.ts: the entries of one type in a range of leaves, in their order.
import type { Statement } from '../db/statement.ts';

export interface EntryOfTypeRow {
  entry_id: bigint;
  subject_id: string;
  body: Buffer;
}

export function readEntriesOfType(range: {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly typeCode: number;
}): Statement {
  return {
    name: 'read_entries_of_type',
    text: `SELECT log_leaf.entry_id, log_entry.subject_id, log_entry.body
           FROM log_leaf JOIN log_entry USING (entry_id)
           WHERE log_leaf.leaf_index >= $1::int8 AND log_leaf.leaf_index < $2::int8 AND log_leaf.type_code = $3::int4
           ORDER BY log_leaf.leaf_index`,
    values: [range.from, range.to, range.typeCode],
  };
}

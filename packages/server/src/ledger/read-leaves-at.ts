// ledger/read-leaves-at.ts: sequenced entries at some places of the log.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';
import type { LogLeafRow } from './read-log-leaves.ts';

export type LeafAtRow = LogLeafRow;

export function readLeavesAt(leafIndexes: readonly bigint[]): Statement {
  return {
    name: 'read_leaves_at',
    text: `SELECT leaf_index, entry_id, leaf_hash, subject_id, body
           FROM log_leaf JOIN log_entry USING (entry_id)
           WHERE leaf_index = ANY ($1::int8[]) ORDER BY leaf_index`,
    values: [binaryArray.int8(leafIndexes)],
  };
}

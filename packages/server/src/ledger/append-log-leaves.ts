// ledger/append-log-leaves.ts: gives entries their places in the tree, once and for ever.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface NewLeaf {
  readonly entryId: bigint;
  readonly typeCode: number;
  readonly leafHash: Uint8Array;
}

/** The first leaf gets index `size`, each next one more. */
export function appendLogLeaves(size: number, leaves: readonly NewLeaf[]): Statement {
  return {
    name: 'append_log_leaves',
    text: `INSERT INTO log_leaf (leaf_index, entry_id, type_code, leaf_hash)
           SELECT $1::int8 + place - 1, entry_id, type_code, leaf_hash
           FROM unnest($2::int8[], $3::int4[], $4::bytea[]) WITH ORDINALITY
             AS new (entry_id, type_code, leaf_hash, place)`,
    values: [
      size,
      binaryArray.int8(leaves.map((leaf) => leaf.entryId)),
      binaryArray.int4(leaves.map((leaf) => leaf.typeCode)),
      binaryArray.bytea(leaves.map((leaf) => leaf.leafHash)),
    ],
  };
}

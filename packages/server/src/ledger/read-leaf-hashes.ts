// ledger/read-leaf-hashes.ts: the leaf hashes of a range of the log, as one run of bytes.
import type { Statement } from '../db/statement.ts';

export interface LeafHashesRow {
  /** 32 bytes a leaf, in order; NULL for none. */
  hashes: Buffer | null;
}

/** Leaves `[from, to)`. Fewer bytes than that: leaves are missing. */
export function readLeafHashes(from: number, to: number): Statement {
  return {
    name: 'read_leaf_hashes',
    text: `SELECT string_agg(leaf_hash, ''::bytea ORDER BY leaf_index) AS hashes
           FROM log_leaf WHERE leaf_index >= $1::int8 AND leaf_index < $2::int8`,
    values: [from, to],
  };
}

// ledger/read-tile-hashes.ts: hashes of a tile above level 0, as one run of bytes.
import type { Statement } from '../db/statement.ts';

export interface TileHashesRow {
  /** 32 bytes each, in order; NULL for none. */
  hashes: Buffer | null;
}

/** Hashes `[from, to)` of a level. Fewer bytes than that: hashes are missing. */
export function readTileHashes(range: {
  readonly level: number;
  readonly from: number;
  readonly to: number;
}): Statement {
  return {
    name: 'read_tile_hashes',
    text: `SELECT string_agg(hash, ''::bytea ORDER BY hash_index) AS hashes
           FROM log_tile_hash WHERE level = $1::int2 AND hash_index >= $2::int8 AND hash_index < $3::int8`,
    values: [range.level, range.from, range.to],
  };
}

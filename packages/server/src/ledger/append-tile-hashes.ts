// ledger/append-tile-hashes.ts: stores the hashes of subtrees that have just become complete: the tiles above level 0.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface TileHash {
  /** 1 and above: a subtree of 256^level leaves. */
  readonly level: number;
  readonly index: number;
  readonly hash: Uint8Array;
}

export function appendTileHashes(hashes: readonly TileHash[]): Statement {
  return {
    name: 'append_tile_hashes',
    text: `INSERT INTO log_tile_hash (level, hash_index, hash)
           SELECT * FROM unnest($1::int2[], $2::int8[], $3::bytea[])`,
    values: [
      binaryArray.int2(hashes.map(({ level }) => level)),
      binaryArray.int8(hashes.map(({ index }) => BigInt(index))),
      binaryArray.bytea(hashes.map(({ hash }) => hash)),
    ],
  };
}

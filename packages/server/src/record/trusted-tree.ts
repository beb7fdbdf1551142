// record/trusted-tree.ts: the right edge of the tree this gateway vouches for: the newest checkpoint of the log's key,
// and what was appended to it since. What the database says the tree is must be its continuation.
// Must not take the database's word for it: nothing is signed that does not extend what was signed before.
import {
  CompactRange,
  HASH_BYTES,
  type VerifierKey,
  nodeReaderOverTiles,
  openCheckpoint,
} from '@countersign/audit';
import type { ClientBase, Pool } from 'pg';

import { queryRows } from '../db/query-rows.ts';
import { type CheckpointRow, readCheckpoint } from '../ledger/read-checkpoint.ts';
import { type LeafHashesRow, readLeafHashes } from '../ledger/read-leaf-hashes.ts';
import { type TileHashesRow, readTileHashes } from '../ledger/read-tile-hashes.ts';
import { LogError } from './log-error.ts';

/** Leaf hashes read at a time while catching up. */
const LEAVES_READ_MAX = 16_384;

export class TrustedTree {
  readonly #verifierKey: VerifierKey;
  #range: CompactRange | null = null;

  constructor(verifierKey: VerifierKey) {
    this.#verifierKey = verifierKey;
  }

  /**
   * The edge of the tree of that size, checked against what is trusted and then trusted itself. The caller owns it.
   * @throws LogError `log_damaged` when the database's tree is not a continuation
   */
  async rangeAt(on: Pool | ClientBase, head: { size: number; frontier: Uint8Array }): Promise<CompactRange> {
    const range = this.#range ?? (await this.#rangeOfCheckpoint(on));
    if (head.size < range.size) {
      throw damaged(`the tree had ${range.size} leaves and has ${head.size} now`);
    }
    for (let from = range.size; from < head.size; from += LEAVES_READ_MAX) {
      const to = Math.min(from + LEAVES_READ_MAX, head.size);
      const [row] = await queryRows<LeafHashesRow>(on, readLeafHashes(from, to));
      const hashes = row?.hashes ?? Buffer.alloc(0);
      if (hashes.length !== (to - from) * HASH_BYTES)
        throw damaged(`leaves are missing between ${from} and ${to}`);
      for (let start = 0; start < hashes.length; start += HASH_BYTES) {
        range.append(hashes.subarray(start, start + HASH_BYTES));
      }
    }
    if (!range.edgeBytes().equals(head.frontier)) {
      this.#range = null; // what was appended to it is not to be trusted
      throw damaged(`the head of the tree of ${head.size} leaves does not continue the tree that was signed`);
    }
    this.#range = range;
    return CompactRange.restore(range.size, range.edgeBytes());
  }

  /** Trusts what this gateway has appended itself, once that has committed. */
  advance(range: CompactRange): void {
    this.#range = CompactRange.restore(range.size, range.edgeBytes());
  }

  async #rangeOfCheckpoint(on: Pool | ClientBase): Promise<CompactRange> {
    const [row] = await queryRows<CheckpointRow>(on, readCheckpoint());
    if (row === undefined) return new CompactRange();
    const { size, root } = openCheckpoint(row.note, { verifierKey: this.#verifierKey });
    const readNode = nodeReaderOverTiles(size, async ({ level, index, width }) => {
      const from = index * 256;
      const statement =
        level === 0 ? readLeafHashes(from, from + width) : readTileHashes({ level, from, to: from + width });
      const [hashesRow] = await queryRows<LeafHashesRow | TileHashesRow>(on, statement);
      if (hashesRow?.hashes?.length !== width * HASH_BYTES)
        throw damaged(`tile ${level}/${index} is not whole`);
      return hashesRow.hashes;
    });
    const edge: Uint8Array[] = [];
    let start = 0;
    for (const { level, index } of edgeNodes(size)) {
      edge.push(await readNode(level, index));
      start += 2 ** level;
    }
    const range = CompactRange.restore(start, Buffer.concat(edge));
    if (!range.root().equals(root))
      throw damaged(`the tree of ${size} leaves is not the one that was signed`);
    return range;
  }
}

/** The complete subtrees that cover a tree of that size, left to right, largest first. */
function edgeNodes(size: number): { level: number; index: number }[] {
  const nodes: { level: number; index: number }[] = [];
  let start = 0;
  for (let level = 52; level >= 0; level -= 1) {
    const width = 2 ** level;
    if (start + width > size) continue;
    nodes.push({ level, index: start / width });
    start += width;
  }
  return nodes;
}

function damaged(message: string): LogError {
  return new LogError(
    'log_damaged',
    `${message}: nothing more is signed; verify the database against the log`,
  );
}

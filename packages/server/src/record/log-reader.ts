// record/log-reader.ts: everything that may be asked of the log: checkpoint, tiles, bundles, proofs, entries, promises.
// Reads only. Serves no hash beyond the newest checkpoint, so whatever it gives can be checked against a signed root.
import {
  HASH_BYTES,
  type InclusionPromise,
  type NodeReader,
  TILE_WIDTH,
  type Tile,
  type VerifierKey,
  consistencyProof,
  decodeTile,
  encodeEntryBundle,
  formatTlogProof,
  inclusionProof,
  leafHash,
  nodeReaderOverTiles,
  openCheckpoint,
  rootAt,
  rootOfHashes,
  tileWidthAt,
} from '@countersign/audit';
import type { Pool } from 'pg';

import { queryRows } from '../db/query-rows.ts';
import { findEntriesOfSubject } from '../ledger/find-entries-of-subject.ts';
import { type LogEntryRow, findLogEntry } from '../ledger/find-log-entry.ts';
import { type PromiseRow, findPromise } from '../ledger/find-promise.ts';
import { type CheckpointRow, readCheckpoint } from '../ledger/read-checkpoint.ts';
import { type LeafHashesRow, readLeafHashes } from '../ledger/read-leaf-hashes.ts';
import { type LogLeafRow, readLogLeaves } from '../ledger/read-log-leaves.ts';
import { type TileHashesRow, readTileHashes } from '../ledger/read-tile-hashes.ts';
import { LogError } from './log-error.ts';

/** A log entry as JSON. `entry` has the exact values of the leaf: its canonical form is the leaf's bytes. */
export interface LogEntry {
  /** null: not in the tree yet; it is promised. */
  readonly leaf_index: number | null;
  readonly entry_id: number;
  readonly subject_id: string;
  /** base64 */
  readonly leaf_hash: string;
  readonly entry: Readonly<Record<string, unknown>>;
}

/** Hashes are base64. `root_hash` is the signed one where the tree size is the newest checkpoint's, else recomputed. */
export interface InclusionAnswer {
  readonly leaf_index: number;
  readonly tree_size: number;
  readonly leaf_hash: string;
  readonly root_hash: string;
  readonly path: readonly string[];
}

export interface ConsistencyAnswer {
  readonly from: number;
  readonly to: number;
  readonly from_root: string;
  readonly to_root: string;
  readonly path: readonly string[];
}

export interface NewestCheckpoint {
  readonly size: number;
  readonly note: string;
}

const ENTRIES_MAX = 1_000;

export class LogReader {
  readonly #pool: Pool;
  readonly #verifierKey: VerifierKey;

  constructor(options: { readonly pool: Pool; readonly verifierKey: VerifierKey }) {
    this.#pool = options.pool;
    this.#verifierKey = options.verifierKey;
  }

  /** The published text form: `<name>+<key id>+<key>`. */
  verifierKey(): string {
    return this.#verifierKey.text;
  }

  async checkpoint(): Promise<NewestCheckpoint> {
    const [row] = await queryRows<CheckpointRow>(this.#pool, readCheckpoint());
    if (row === undefined) throw new LogError('log_damaged', 'the log has no checkpoint');
    return { size: Number(row.size), note: row.note };
  }

  /** The tile's bytes; undefined where the signed tree has no tile of this place and width. */
  async tile(tile: Tile): Promise<Buffer | undefined> {
    const { size } = await this.checkpoint();
    if (tile.width < 1 || tile.width > tileWidthAt(size, tile)) return undefined;
    return this.#readTile(tile);
  }

  /** The bundle's bytes; undefined where the signed tree has no bundle of this place and width. */
  async entryBundle(bundle: { readonly index: number; readonly width: number }): Promise<Buffer | undefined> {
    const { size } = await this.checkpoint();
    if (bundle.width < 1 || bundle.width > tileWidthAt(size, { level: 0, index: bundle.index }))
      return undefined;
    const from = bundle.index * TILE_WIDTH;
    const rows = await this.#leaves(from, from + bundle.width, bundle.width);
    return encodeEntryBundle(rows.map((row) => row.body));
  }

  /** Sequenced entries from a leaf index on, in the tree's order; at most 1,000. */
  async entries(start: number, limit: number): Promise<LogEntry[]> {
    const { size } = await this.checkpoint();
    const rows = await this.#leaves(start, size, Math.min(limit, ENTRIES_MAX));
    return rows.map(logEntryOf);
  }

  async entryById(entryId: bigint): Promise<LogEntry | undefined> {
    const [row] = await queryRows<LogEntryRow>(this.#pool, findLogEntry(entryId));
    return row === undefined ? undefined : logEntryOf(row);
  }

  /** All entries of a request, card, check or configuration object, oldest first, at most 1,000. */
  async entriesOf(subjectId: string): Promise<LogEntry[]> {
    const rows = await queryRows<LogEntryRow>(this.#pool, findEntriesOfSubject(subjectId, ENTRIES_MAX));
    return rows.map(logEntryOf);
  }

  /**
   * Undefined: there is no such leaf in a tree of `size` leaves (the newest checkpoint's where left out), or no
   * such tree has been signed yet.
   */
  async inclusionProof(
    wanted: ({ readonly leafIndex: number } | { readonly entryId: bigint }) & { readonly size?: number },
  ): Promise<InclusionAnswer | undefined> {
    const newest = await this.checkpoint();
    const treeSize = wanted.size ?? newest.size;
    const leafIndex = 'leafIndex' in wanted ? wanted.leafIndex : await this.#leafIndexOf(wanted.entryId);
    if (leafIndex === undefined || leafIndex < 0 || leafIndex >= treeSize || treeSize > newest.size)
      return undefined;
    const readNode = this.nodeReader(treeSize);
    const [path, leaf, root] = await Promise.all([
      inclusionProof({ leafIndex, treeSize }, readNode),
      readNode(0, leafIndex),
      this.#rootAt(treeSize, newest),
    ]);
    return {
      leaf_index: leafIndex,
      tree_size: treeSize,
      leaf_hash: base64(leaf),
      root_hash: base64(root),
      path: path.map(base64),
    };
  }

  /** Undefined: not `1 <= from <= to <= newest signed size`. Every tree extends the empty one: that has no proof. */
  async consistencyProof(from: number, to?: number): Promise<ConsistencyAnswer | undefined> {
    const newest = await this.checkpoint();
    const newSize = to ?? newest.size;
    if (from < 1 || from > newSize || newSize > newest.size) return undefined;
    const [path, fromRoot, toRoot] = await Promise.all([
      consistencyProof({ oldSize: from, newSize }, this.nodeReader(newSize)),
      this.#rootAt(from, newest),
      this.#rootAt(newSize, newest),
    ]);
    return {
      from,
      to: newSize,
      from_root: base64(fromRoot),
      to_root: base64(toRoot),
      path: path.map(base64),
    };
  }

  /** A tlog-proof of the entry against the newest checkpoint; undefined while that does not cover it. */
  async proofReceipt(entryId: bigint): Promise<string | undefined> {
    const [{ size, note }, leafIndex] = await Promise.all([this.checkpoint(), this.#leafIndexOf(entryId)]);
    if (leafIndex === undefined || leafIndex >= size) return undefined;
    const path = await inclusionProof({ leafIndex, treeSize: size }, this.nodeReader(size));
    return formatTlogProof({ index: leafIndex, path, checkpoint: note });
  }

  /** The promise the entry's writer was given, rebuilt: one signature is stored for a whole batch. */
  async promiseOf(entryId: bigint): Promise<InclusionPromise | undefined> {
    const [row] = await queryRows<PromiseRow>(this.#pool, findPromise(entryId));
    if (row === undefined) return undefined;
    const batchIndex = row.entry_ids.indexOf(entryId);
    const hashes = this.#hashesOfBatch(row);
    const path = await inclusionProof({ leafIndex: batchIndex, treeSize: hashes.length }, (level, index) =>
      rootOfHashes(hashes.slice(index * 2 ** level, (index + 1) * 2 ** level)),
    );
    // As ledger/record-entries.ts stored it: everything but the three fields that differ between callers.
    const { key_id, signature, ...statement } = row.promise as Omit<
      InclusionPromise,
      'batch_index' | 'path' | 'leaf_hash'
    >;
    return {
      ...statement,
      batch_index: batchIndex,
      path: path.map(base64),
      leaf_hash: base64(hashes[batchIndex] ?? Buffer.alloc(0)),
      key_id,
      signature,
    };
  }

  /** Nodes of a tree of that size, each tile read once: for one proof. The size is not compared with anything. */
  nodeReader(treeSize: number): NodeReader {
    return nodeReaderOverTiles(treeSize, (tile) => this.#readTile(tile));
  }

  async #rootAt(size: number, newest: NewestCheckpoint): Promise<Buffer> {
    if (size === newest.size) return openCheckpoint(newest.note, { verifierKey: this.#verifierKey }).root;
    return rootAt(size, this.nodeReader(size));
  }

  async #readTile({ level, index, width }: Tile): Promise<Buffer> {
    const from = index * TILE_WIDTH;
    const to = from + width;
    const [row] =
      level === 0
        ? await queryRows<LeafHashesRow>(this.#pool, readLeafHashes(from, to))
        : await queryRows<TileHashesRow>(this.#pool, readTileHashes({ level, from, to }));
    const hashes = row?.hashes ?? Buffer.alloc(0);
    if (hashes.length !== width * HASH_BYTES) {
      throw new LogError(
        'log_damaged',
        `tile ${level}/${index} has ${hashes.length / HASH_BYTES} hashes instead of ${width}`,
      );
    }
    return hashes;
  }

  async #leaves(from: number, to: number, limit: number): Promise<LogLeafRow[]> {
    return queryRows<LogLeafRow>(this.#pool, readLogLeaves({ from, to, limit, typeCodes: null }));
  }

  async #leafIndexOf(entryId: bigint): Promise<number | undefined> {
    const [row] = await queryRows<LogEntryRow>(this.#pool, findLogEntry(entryId));
    return row?.leaf_index == null ? undefined : Number(row.leaf_index);
  }

  #hashesOfBatch(row: PromiseRow): Buffer[] {
    const bytes = row.pending_hashes ?? row.leaf_hashes ?? Buffer.alloc(0);
    const hashes = decodeTile(bytes, Math.floor(bytes.length / HASH_BYTES));
    if (hashes.length !== row.entry_ids.length) {
      throw new LogError(
        'log_damaged',
        `a promised batch of ${row.entry_ids.length} has ${hashes.length} leaves`,
      );
    }
    return hashes;
  }
}

function logEntryOf(row: LogEntryRow | LogLeafRow): LogEntry {
  return {
    leaf_index: row.leaf_index === null ? null : Number(row.leaf_index),
    entry_id: Number(row.entry_id),
    subject_id: row.subject_id,
    leaf_hash: base64('leaf_hash' in row ? row.leaf_hash : leafHash(row.body)),
    entry: JSON.parse(row.body.toString('utf8')) as Record<string, unknown>, // written as an object by the recorder
  };
}

function base64(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString('base64');
}

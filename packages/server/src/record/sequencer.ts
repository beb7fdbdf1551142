// record/sequencer.ts: puts entries into the tree: pending rows become leaves, and the new tree is signed.
// One transaction per batch; its lock on the log's head is the election among gateways. Signs only after the commit.
// INVARIANT: every signed tree extends every tree signed before; a crash anywhere leaves the same tree.
import {
  type CompactRange,
  HASH_BYTES,
  type SigningKey,
  TILE_HEIGHT,
  signCheckpoint,
} from '@countersign/audit';
import type { PoolClient } from 'pg';

import type { Database } from '../db/connect.ts';
import { queryRows } from '../db/query-rows.ts';
import { type NewLeaf, appendLogLeaves } from '../ledger/append-log-leaves.ts';
import { type TileHash, appendTileHashes } from '../ledger/append-tile-hashes.ts';
import { insertCheckpoint } from '../ledger/insert-checkpoint.ts';
import { type LogHeadRow, lockLogHead } from '../ledger/lock-log-head.ts';
import { type LogProgressRow, readLogProgress } from '../ledger/read-log-progress.ts';
import { type LogPendingRow, takeLogPending } from '../ledger/take-log-pending.ts';
import { updateLogHead } from '../ledger/update-log-head.ts';
import { TrustedTree } from './trusted-tree.ts';

export interface SequencerOptions {
  readonly database: Pick<Database, 'pool' | 'transaction'>;
  readonly key: SigningKey;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Entries per transaction, about: pending rows are taken whole. Default 5,000. */
  readonly batchMax?: number;
  /** Told after each commit how many leaves the tree has now. */
  readonly onIntegrated?: (size: number) => void;
}

/** `busy`: another gateway is appending. `more`: the batch was full, so there may be more at once. */
export type SequencerRun =
  | { readonly outcome: 'idle' | 'busy' }
  | { readonly outcome: 'appended'; readonly count: number; readonly size: number; readonly more: boolean };

const BATCH_MAX = 5_000;

export class Sequencer {
  readonly #options: SequencerOptions;
  readonly #batchMax: number;
  readonly #tree: TrustedTree;
  /** The newest checkpoint's size when the tree was last seen ahead of it: a neighbour may be about to sign. */
  #lagging: { readonly checkpointSize: bigint | null } | null = null;
  #isFirstRun = true;

  constructor(options: SequencerOptions) {
    this.#options = options;
    this.#batchMax = options.batchMax ?? BATCH_MAX;
    this.#tree = new TrustedTree(options.key.verifierKey);
  }

  /**
   * Appends one batch and signs the tree; signs also what a crashed gateway appended and left unsigned.
   * @throws LogError `log_damaged` when the tree in the database does not continue the signed one
   */
  async run(): Promise<SequencerRun> {
    const [progress] = await queryRows<LogProgressRow>(this.#options.database.pool, readLogProgress());
    if (progress === undefined) throw new Error('the log has no head row');
    const isFirstRun = this.#isFirstRun;
    this.#isFirstRun = false;
    if (!progress.has_pending) {
      await this.#signIfLeftBehind(progress, isFirstRun);
      return { outcome: 'idle' };
    }
    const appended = await this.#options.database.transaction((client) => this.#append(client));
    if (appended === null) return { outcome: 'busy' };
    const { range, count } = appended;
    if (count === 0) return { outcome: 'idle' };
    this.#tree.advance(range);
    this.#options.onIntegrated?.(range.size);
    await this.#sign(range);
    return { outcome: 'appended', count, size: range.size, more: count >= this.#batchMax };
  }

  async #append(client: PoolClient): Promise<{ range: CompactRange; count: number } | null> {
    const [head] = await queryRows<LogHeadRow>(client, lockLogHead());
    if (head === undefined) return null;
    const range = await this.#tree.rangeAt(client, { size: Number(head.size), frontier: head.frontier });
    // Sent after the lock was granted, so it sees all that the last holder committed.
    const leaves = inEntryOrder(
      (await queryRows<LogPendingRow>(client, takeLogPending(this.#batchMax))).flatMap(leavesOf),
    );
    if (leaves.length === 0) return { range, count: 0 };
    const tileHashes: TileHash[] = [];
    const from = range.size;
    for (const leaf of leaves) {
      range.append(leaf.leafHash, (level, index, hash) => {
        if (level > 0 && level % TILE_HEIGHT === 0)
          tileHashes.push({ level: level / TILE_HEIGHT, index, hash });
      });
    }
    await queryRows(client, appendLogLeaves(from, leaves));
    if (tileHashes.length > 0) await queryRows(client, appendTileHashes(tileHashes));
    await queryRows(client, updateLogHead(range.size, range.edgeBytes()));
    return { range, count: leaves.length };
  }

  /** A gateway that stopped between its commit and its signature: the tree stands, only the checkpoint is missing. */
  async #signIfLeftBehind(
    { size, frontier, checkpoint_size: checkpointSize }: LogProgressRow,
    isFirstRun: boolean,
  ): Promise<void> {
    if (checkpointSize !== null && checkpointSize >= size) {
      this.#lagging = null;
      return;
    }
    // Seen once: whoever appended is probably signing right now. Seen twice: it is not.
    if (!isFirstRun && this.#lagging?.checkpointSize !== checkpointSize) {
      this.#lagging = { checkpointSize };
      return;
    }
    await this.#sign(await this.#tree.rangeAt(this.#options.database.pool, { size: Number(size), frontier }));
  }

  async #sign(range: CompactRange): Promise<void> {
    const { database, key, now } = this.#options;
    const note = signCheckpoint({ size: range.size, root: range.root() }, key);
    await queryRows(database.pool, insertCheckpoint(range.size, note, now()));
  }
}

function leavesOf(row: LogPendingRow): NewLeaf[] {
  const count = row.entry_ids.length;
  if (row.leaf_hashes.length !== count * HASH_BYTES || row.type_codes.length !== count * 4) {
    throw new Error(`the pending row of entry ${String(row.entry_ids[0])} does not have ${count} hashes`);
  }
  return row.entry_ids.map((entryId, index) => ({
    entryId,
    typeCode: row.type_codes.readInt32BE(index * 4),
    leafHash: row.leaf_hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES),
  }));
}

/** One gateway's rows come in order already; those of several interleave. */
function inEntryOrder(leaves: NewLeaf[]): NewLeaf[] {
  return leaves.sort((left, right) =>
    left.entryId < right.entryId ? -1 : left.entryId > right.entryId ? 1 : 0,
  );
}

// The independent check of a whole log, served or copied: every entry against its leaf hash, every
// tile against the one above, the right edge against the signed root. Each difference is located,
// not only the first, and one alteration is not reported again by everything above it.
// Must not trust anything but the verifier key; memory is bounded by one tile a level and the read-ahead.
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { type ComparedTile, foldEdge, foldTile, mismatches } from './compared-tile.ts';
import { EntryOrder } from './entry-order.ts';
import type { AlteredSide, LogDifference } from './log-difference.ts';
import { type Level0Files, Level0Reader, type LogReader, readTileFile } from './log-files.ts';
import { LogHistory } from './log-history.ts';
import { MalformedError } from './malformed.ts';
import { HASH_BYTES, leafHash } from './merkle-tree.ts';
import type { VerifierKey } from './note-key.ts';
import { CHECKPOINT_PATH, TILE_WIDTH, type Tile, decodeTile, entriesPath, tilePath } from './tiles.ts';

export type VerifyLogOptions = {
  read: LogReader;
  verifierKey: VerifierKey;
  /** The origin line to expect; the key's name unless given. */
  origin?: string;
  /** False: hashes only, for a reader who may not see entries. Default true. */
  entries?: boolean;
  /** Also report entries that are not canonical JSON. */
  canonicalEntries?: boolean;
  /** Also report an `entry_id` that does not follow all before it (a late commit may legitimately not). */
  ascendingEntryIds?: boolean;
  /** Checkpoints kept from earlier, already opened: each must have the root these leaves had then. */
  earlierCheckpoints?: readonly Checkpoint[];
  onProgress?: (progress: LogProgress) => void;
  /** Told of every difference, also of those past `differencesKeptMax`. */
  onDifference?: (difference: LogDifference) => void;
  /** How many differences the report holds; the count goes on. Default 10,000. */
  differencesKeptMax?: number;
  /** Level 0 tiles and bundles read ahead. Default 4. */
  readAhead?: number;
};

export type LogProgress = { leavesDone: number; leavesTotal: number };

export type LogReport = {
  /** True only if everything was read and nothing differs. */
  valid: boolean;
  checkpoint: Checkpoint | undefined;
  leavesChecked: number;
  entriesChecked: number;
  tilesChecked: number;
  differenceCount: number;
  differences: LogDifference[];
};

/** Verifies the log behind `read`. Rejects only if the reader does. */
export async function verifyLog(options: VerifyLogOptions): Promise<LogReport> {
  const report: LogReport = {
    valid: false,
    checkpoint: undefined,
    leavesChecked: 0,
    entriesChecked: 0,
    tilesChecked: 0,
    differenceCount: 0,
    differences: [],
  };
  const found = (difference: LogDifference): void => {
    report.differenceCount += 1;
    if (report.differences.length < (options.differencesKeptMax ?? 10_000))
      report.differences.push(difference);
    options.onDifference?.(difference);
  };
  const checkpoint = await readCheckpoint(options, found);
  if (checkpoint !== undefined) {
    report.checkpoint = checkpoint;
    await new LogWalk(options, checkpoint, report, found).run();
  }
  report.valid = report.differenceCount === 0;
  return report;
}

async function readCheckpoint(
  { read, verifierKey, origin }: VerifyLogOptions,
  found: (difference: LogDifference) => void,
): Promise<Checkpoint | undefined> {
  const note = await read(CHECKPOINT_PATH);
  try {
    if (note === undefined) throw new MalformedError('there is no checkpoint');
    return openCheckpoint(note, { verifierKey, ...(origin === undefined ? {} : { origin }) });
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    found({ kind: 'checkpoint_invalid', path: CHECKPOINT_PATH, reason: error.message });
    return undefined;
  }
}

class LogWalk {
  readonly #options: VerifyLogOptions;
  readonly #checkpoint: Checkpoint;
  readonly #report: LogReport;
  readonly #found: (difference: LogDifference) => void;
  readonly #level0: Level0Reader;
  readonly #entryOrder = new EntryOrder();
  readonly #history: LogHistory;

  constructor(
    options: VerifyLogOptions,
    checkpoint: Checkpoint,
    report: LogReport,
    found: (difference: LogDifference) => void,
  ) {
    this.#options = options;
    this.#checkpoint = checkpoint;
    this.#report = report;
    this.#found = found;
    this.#level0 = new Level0Reader({
      read: options.read,
      treeSize: checkpoint.size,
      entries: options.entries ?? true,
      ahead: options.readAhead ?? 4,
    });
    this.#history = new LogHistory(options.earlierCheckpoints ?? [], checkpoint.size, found);
  }

  /** The partial tiles of the right edge, highest first: together they cover all leaves in order. */
  async run(): Promise<void> {
    const { size } = this.#checkpoint;
    const edge: ComparedTile[] = [];
    for (let level = Math.floor(Math.log2(Math.max(size, 1)) / 8) + 1; level >= 0; level--) {
      const hashes = Math.floor(size / TILE_WIDTH ** level);
      const width = hashes % TILE_WIDTH;
      if (width > 0) edge.push(await this.#compare({ level, index: Math.floor(hashes / TILE_WIDTH), width }));
    }
    this.#settleEdge(edge);
  }

  /** Compares a tile with what lies below it, down to the entries. */
  async #compare(tile: Tile): Promise<ComparedTile> {
    const compared = tile.level === 0 ? await this.#compareLeaves(tile) : await this.#compareNodes(tile);
    this.#report.tilesChecked += 1;
    return compared;
  }

  async #compareNodes(tile: Tile): Promise<ComparedTile> {
    const file = await readTileFile(this.#options.read, tile);
    const upper = this.#decode(file.bytes, tile);
    const lower: (Buffer | undefined)[] = [];
    for (let position = 0; position < tile.width; position++) {
      const child = { level: tile.level - 1, index: tile.index * TILE_WIDTH + position, width: TILE_WIDTH };
      lower.push(this.#settle(await this.#compare(child), upper?.[position]));
    }
    return { tile, upper, lower };
  }

  async #compareLeaves(tile: Tile): Promise<ComparedTile> {
    const files = await this.#level0.next();
    const upper = this.#decode(files.tile.bytes, tile);
    const lower = this.#hashEntries(files, tile);
    for (let place = 0; place < tile.width; place++) this.#history.append(upper?.[place] ?? lower[place]);
    this.#report.leavesChecked += tile.width;
    this.#options.onProgress?.({
      leavesDone: this.#report.leavesChecked,
      leavesTotal: this.#checkpoint.size,
    });
    return { tile, upper, lower };
  }

  #hashEntries({ bundle }: Level0Files, tile: Tile): (Buffer | undefined)[] {
    if (bundle === undefined) return new Array<undefined>(tile.width).fill(undefined);
    const { path, content } = bundle;
    const leafStart = tile.index * TILE_WIDTH;
    const leafEnd = leafStart + tile.width;
    const entries = content?.entries ?? [];
    if (content === undefined) {
      this.#found({ kind: 'file_missing', path, leafStart, leafEnd });
    } else if (content.fault !== undefined) {
      // A fault after the last entry concerns the file, not a leaf; else it starts at the entry it cut.
      const cutAt = entries.length < tile.width ? leafStart + entries.length : leafStart;
      this.#found({ kind: 'file_malformed', path, reason: content.fault, leafStart: cutAt, leafEnd });
    }
    const { canonicalEntries: canonical = false, ascendingEntryIds: ascending = false } = this.#options;
    return Array.from({ length: tile.width }, (_, place) => {
      const entry = entries[place];
      if (entry === undefined) return undefined;
      this.#report.entriesChecked += 1;
      if (canonical || ascending) {
        const leafIndex = leafStart + place;
        for (const fault of this.#entryOrder.check(entry, { canonical, ascending })) {
          this.#found({ ...fault, leafIndex, entryPath: path });
        }
      }
      return leafHash(entry);
    });
  }

  #decode(bytes: Uint8Array | undefined, tile: Tile): Buffer[] | undefined {
    const leavesEach = TILE_WIDTH ** tile.level;
    const leafStart = tile.index * TILE_WIDTH * leavesEach;
    const place = { path: tilePath(tile), leafStart, leafEnd: leafStart + tile.width * leavesEach };
    if (bytes === undefined) {
      this.#found({ kind: 'file_missing', ...place });
      return undefined;
    }
    if (bytes.length === tile.width * HASH_BYTES) return decodeTile(bytes, tile.width);
    this.#found({ kind: 'file_malformed', ...place, reason: `has ${bytes.length} bytes` });
    return undefined;
  }

  /** Reports a full tile's differences, blamed by the hash above it; gives its hash in the level above. */
  #settle(compared: ComparedTile, above: Uint8Array | undefined): Buffer | undefined {
    const { root, altered } = foldTile(compared, above);
    this.#reportMismatches(compared, altered);
    return root;
  }

  /** The same for the right edge, where only the signed root is above. */
  #settleEdge(edge: readonly ComparedTile[]): void {
    const { size: treeSize, root: signedRoot } = this.#checkpoint;
    const { confirmed, root, altered } = foldEdge(edge, signedRoot);
    for (const [place, compared] of edge.entries())
      this.#reportMismatches(compared, altered[place] ?? 'unknown');
    if (confirmed) return;
    if (root === undefined) {
      this.#found({ kind: 'root_unknown', treeSize });
    } else {
      const roots = { signedRoot: signedRoot.toString('base64'), computedRoot: root.toString('base64') };
      this.#found({ kind: 'root_differs', treeSize, ...roots });
    }
  }

  #reportMismatches(compared: ComparedTile, altered: AlteredSide): void {
    const { tile, upper, lower } = compared;
    for (const position of mismatches(compared)) {
      const below = tile.index * TILE_WIDTH + position;
      if (tile.level > 0) {
        const leavesEach = TILE_WIDTH ** tile.level;
        this.#found({
          kind: 'node_differs',
          lowerPath: tilePath({ level: tile.level - 1, index: below, width: TILE_WIDTH }),
          upperPath: tilePath(tile),
          upperPosition: position,
          leafStart: below * leavesEach,
          leafEnd: (below + 1) * leavesEach,
          altered,
        });
      } else {
        this.#found({
          kind: 'leaf_differs',
          leafIndex: below,
          entryPath: entriesPath(tile),
          tilePath: tilePath(tile),
          entryHash: lower[position]?.toString('base64') ?? '',
          tileHash: upper?.[position]?.toString('base64') ?? '',
          altered,
        });
      }
    }
  }
}

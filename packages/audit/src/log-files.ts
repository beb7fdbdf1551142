// Reads a log's files through the caller's reader, which may be HTTP or a folder: partial tiles
// with their fallback to full ones, and level 0 a few tiles ahead. Must not judge what it reads.
import {
  type EntryBundle,
  type Tile,
  TILE_WIDTH,
  entriesPath,
  readEntryBundle,
  tilePath,
  tileWidthAt,
} from './tiles.ts';
import { HASH_BYTES } from './merkle-tree.ts';

/**
 * Reads one file of the log by its path below the log's prefix (`checkpoint`, `tile/0/000`, ...).
 * Undefined: there is no such file. Throw when it cannot be told, such as on a lost connection:
 * the verification then ends with that error, since an unread file is no finding.
 */
export type LogReader = (path: string) => Promise<Uint8Array | undefined>;

/** A file as found: its bytes, or undefined where neither it nor the full one is there. */
export type LogFile = { path: string; bytes: Uint8Array | undefined };

/** Reads a tile; where a partial one is gone, the full one in its place, cut to the same width. */
export async function readTileFile(read: LogReader, tile: Tile): Promise<LogFile> {
  const path = tilePath(tile);
  const bytes = await read(path);
  if (bytes !== undefined || tile.width === TILE_WIDTH) return { path, bytes };
  const full = await read(tilePath({ ...tile, width: TILE_WIDTH }));
  return {
    path,
    bytes: full?.length === TILE_WIDTH * HASH_BYTES ? full.subarray(0, tile.width * HASH_BYTES) : undefined,
  };
}

/** The entries of a bundle up to its first fault; undefined where the bundle is not there. */
export type BundleFile = { path: string; content: { entries: Buffer[]; fault?: string } | undefined };

async function readBundleFile(read: LogReader, bundle: EntryBundle): Promise<BundleFile> {
  const path = entriesPath(bundle);
  const bytes = await read(path);
  if (bytes !== undefined) return { path, content: readEntryBundle(bytes, bundle.width) };
  if (bundle.width === TILE_WIDTH) return { path, content: undefined };
  const full = await read(entriesPath({ ...bundle, width: TILE_WIDTH }));
  if (full === undefined) return { path, content: undefined };
  const { entries, fault } = readEntryBundle(full, TILE_WIDTH);
  const cut = entries.slice(0, bundle.width);
  return {
    path,
    content: fault !== undefined && cut.length < bundle.width ? { entries: cut, fault } : { entries: cut },
  };
}

export type Level0Files = { tile: LogFile; bundle: BundleFile | undefined };

/** Level 0 of the tree from left to right, `ahead` tiles being read while one is looked at. */
export class Level0Reader {
  readonly #start: (index: number) => Promise<Level0Files>;
  readonly #ahead: number;
  readonly #count: number;
  readonly #pending: Promise<Level0Files>[] = [];
  #started = 0;

  constructor({
    read,
    treeSize,
    entries,
    ahead,
  }: {
    read: LogReader;
    treeSize: number;
    entries: boolean;
    ahead: number;
  }) {
    this.#ahead = ahead;
    this.#count = Math.ceil(treeSize / TILE_WIDTH);
    this.#start = async (index) => {
      const width = tileWidthAt(treeSize, { level: 0, index });
      const [tile, bundle] = await Promise.all([
        readTileFile(read, { level: 0, index, width }),
        entries ? readBundleFile(read, { index, width }) : undefined,
      ]);
      return { tile, bundle };
    };
  }

  async next(): Promise<Level0Files> {
    while (this.#started < this.#count && this.#pending.length <= this.#ahead) {
      const files = this.#start(this.#started);
      files.catch(() => undefined); // a failure is reported when its turn comes, not before
      this.#pending.push(files);
      this.#started += 1;
    }
    const next = this.#pending.shift();
    if (next === undefined) throw new RangeError('level 0 has no further tile');
    return next;
  }
}

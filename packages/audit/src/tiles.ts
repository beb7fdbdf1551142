// C2SP tlog-tiles: where tiles and entry bundles lie (paths below the log's prefix), how entry
// bundles are written, and how to read single tree nodes out of tiles. Must not do I/O.
import { MalformedError } from './malformed.ts';
import type { NodeReader } from './merkle-proof.ts';
import { HASH_BYTES, isTreeSize, rootOfHashes } from './merkle-tree.ts';

export const CHECKPOINT_PATH = 'checkpoint';
export const TILE_WIDTH = 256;
export const TILE_HEIGHT = 8;
const TILE_LEVEL_MAX = 63;
export const ENTRY_BYTES_MAX = 65_535;

/** `width` is the number of hashes or entries: 256 when full, 1 to 255 when partial. */
export type Tile = { level: number; index: number; width: number };
export type EntryBundle = { index: number; width: number };
export type LogPath = ({ kind: 'tile' } & Tile) | ({ kind: 'entries' } & EntryBundle);

/** `tile/<L>/<N>[.p/<W>]`. */
export function tilePath({ level, index, width }: Tile): string {
  if (!Number.isInteger(level) || level < 0 || level > TILE_LEVEL_MAX)
    throw new RangeError('tile level out of range');
  return `tile/${level}/${encodeIndex(index)}${encodeWidth(width)}`;
}

/** `tile/entries/<N>[.p/<W>]`. */
export function entriesPath({ index, width }: EntryBundle): string {
  return `tile/entries/${encodeIndex(index)}${encodeWidth(width)}`;
}

const TILE_PATH =
  /^tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/** Parses a tile or bundle path; undefined for anything else, other spellings of a path included. */
export function parseTilePath(path: string): LogPath | undefined {
  const [, place, digits, partial] = TILE_PATH.exec(path) ?? [];
  if (place === undefined || digits === undefined) return undefined;
  const index = Number(digits.replaceAll(/[x/]/g, ''));
  const width = partial === undefined ? TILE_WIDTH : Number(partial);
  const level = place === 'entries' ? 0 : Number(place);
  if (!isTreeSize(index) || level > TILE_LEVEL_MAX || (partial !== undefined && width >= TILE_WIDTH))
    return undefined;
  if (encodeIndex(index) !== digits) return undefined;
  return place === 'entries' ? { kind: 'entries', index, width } : { kind: 'tile', level, index, width };
}

/** The width of tile (level, index) in a tree of that size; 0 where there is no such tile. */
export function tileWidthAt(treeSize: number, { level, index }: { level: number; index: number }): number {
  const hashes = Math.floor(treeSize / TILE_WIDTH ** level);
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH));
}

/** Every tile of a tree of that size, level by level: what an exported copy must hold. */
export function* tilesOf(treeSize: number): Generator<Tile> {
  for (let level = 0; tileWidthAt(treeSize, { level, index: 0 }) > 0; level++) {
    for (let index = 0; ; index++) {
      const width = tileWidthAt(treeSize, { level, index });
      if (width === 0) break;
      yield { level, index, width };
    }
  }
}

/** Cuts a tile's bytes into its hashes; the length must fit the width. */
export function decodeTile(bytes: Uint8Array, width: number): Buffer[] {
  if (bytes.length !== width * HASH_BYTES) {
    throw new MalformedError(`tile has ${bytes.length} bytes instead of ${width * HASH_BYTES}`);
  }
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: width }, (_, place) =>
    view.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES),
  );
}

/** The hash a full tile has in the level above it. */
export function fullTileRoot(bytes: Uint8Array): Buffer {
  return rootOfHashes(decodeTile(bytes, TILE_WIDTH));
}

/** Writes entries as a bundle: each after its length as a big-endian uint16. */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    if (entry.length > ENTRY_BYTES_MAX) throw new RangeError(`an entry has at most ${ENTRY_BYTES_MAX} bytes`);
    parts.push(Buffer.of(entry.length >> 8, entry.length & 0xff), entry);
  }
  return Buffer.concat(parts);
}

/** Reads a bundle of exactly `width` entries; they are views of `bytes`. */
export function decodeEntryBundle(bytes: Uint8Array, width: number): Buffer[] {
  const { entries, fault } = readEntryBundle(bytes, width);
  if (fault !== undefined) throw new MalformedError(fault);
  return entries;
}

/** As `decodeEntryBundle`, but gives the entries before the fault as well, for an auditor. */
export function readEntryBundle(bytes: Uint8Array, width: number): { entries: Buffer[]; fault?: string } {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: Buffer[] = [];
  let offset = 0;
  while (entries.length < width) {
    const end = offset + 2 <= view.length ? offset + 2 + view.readUInt16BE(offset) : Infinity;
    if (end > view.length) {
      return { entries, fault: `bundle ends inside entry ${entries.length} of ${width}` };
    }
    entries.push(view.subarray(offset + 2, end));
    offset = end;
  }
  if (offset === view.length) return { entries };
  return { entries, fault: `bundle has ${view.length - offset} bytes after its last entry` };
}

/** Reads one tile of the width asked for (a longer tile of the same place may be cut to it). */
export type TileReader = (tile: Tile) => Uint8Array | Promise<Uint8Array>;

/** Reads nodes of a tree of `treeSize` leaves out of tiles, each tile once. For one proof at a time. */
export function nodeReaderOverTiles(treeSize: number, readTile: TileReader): NodeReader {
  const hashesByPath = new Map<string, Promise<Buffer[]>>();
  return async (level, index) => {
    const tileLevel = Math.floor(level / TILE_HEIGHT);
    const count = 2 ** (level % TILE_HEIGHT);
    const first = index * count;
    const place = { level: tileLevel, index: Math.floor(first / TILE_WIDTH) };
    const tile = { ...place, width: tileWidthAt(treeSize, place) };
    const offset = first - place.index * TILE_WIDTH;
    if (offset + count > tile.width) throw new RangeError(`node ${level}/${index} is not complete`);
    const path = tilePath(tile);
    const known = hashesByPath.get(path) ?? readHashes(tile, readTile);
    hashesByPath.set(path, known);
    return rootOfHashes((await known).slice(offset, offset + count));
  };
}

async function readHashes(tile: Tile, readTile: TileReader): Promise<Buffer[]> {
  return decodeTile(await readTile(tile), tile.width);
}

function encodeIndex(index: number): string {
  if (!isTreeSize(index)) throw new RangeError('tile index out of range');
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const elements = padded.match(/.{3}/g) ?? [];
  return elements.map((element, place) => (place < elements.length - 1 ? `x${element}` : element)).join('/');
}

function encodeWidth(width: number): string {
  if (!Number.isInteger(width) || width < 1 || width > TILE_WIDTH)
    throw new RangeError('tile width out of range');
  return width === TILE_WIDTH ? '' : `.p/${width}`;
}

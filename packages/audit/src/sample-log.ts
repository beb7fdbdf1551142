// For tests: a whole log held in memory, written as tlog-tiles prescribes, by the plainest code.
// Must not be exported from the package.
import { canonicalJson } from './canonical-json.ts';
import { signCheckpoint } from './checkpoint.ts';
import type { LogReader } from './log-files.ts';
import { leafHash, rootOfHashes } from './merkle-tree.ts';
import { type SigningKey, signingKeyFromSeed } from './note-key.ts';
import {
  CHECKPOINT_PATH,
  TILE_WIDTH,
  encodeEntryBundle,
  entriesPath,
  tilePath,
  tileWidthAt,
  tilesOf,
} from './tiles.ts';

export const sampleKey: SigningKey = signingKeyFromSeed('log.example/countersign', Buffer.alloc(32, 7));

export function sampleEntries(count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) =>
    Buffer.from(canonicalJson({ entry_id: index * 3, type: 'purchase.decided', amount: `${index}.00` })),
  );
}

/** Every file of the log of these entries, by path. */
export function sampleLog(entries: readonly Uint8Array[], key: SigningKey = sampleKey): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const leafHashes = entries.map(leafHash);
  for (const { level, index, width } of tilesOf(entries.length)) {
    const span = TILE_WIDTH ** level;
    const first = index * TILE_WIDTH;
    const hashes = Array.from({ length: width }, (_, place) =>
      rootOfHashes(leafHashes.slice((first + place) * span, (first + place + 1) * span)),
    );
    files.set(tilePath({ level, index, width }), Buffer.concat(hashes));
  }
  for (let index = 0; index * TILE_WIDTH < entries.length; index++) {
    const width = tileWidthAt(entries.length, { level: 0, index });
    const bundle = entries.slice(index * TILE_WIDTH, index * TILE_WIDTH + width);
    files.set(entriesPath({ index, width }), encodeEntryBundle(bundle));
  }
  const head = { size: entries.length, root: rootOfHashes(leafHashes) };
  return files.set(CHECKPOINT_PATH, Buffer.from(signCheckpoint(head, key)));
}

export function readerOf(files: ReadonlyMap<string, Uint8Array>): LogReader {
  return async (path) => files.get(path);
}

/** A copy of the bytes with one bit changed. */
export function flipBit(bytes: Uint8Array, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  const byte = Math.floor(bit / 8) % copy.length;
  copy.writeUInt8(copy.readUInt8(byte) ^ (1 << (bit % 8)), byte);
  return copy;
}

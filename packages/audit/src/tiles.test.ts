import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedError } from './malformed.ts';
import { consistencyProof, inclusionProof, rootAt } from './merkle-proof.ts';
import { leafHash, rootOfHashes, verifyConsistency, verifyInclusion } from './merkle-tree.ts';
import { sampleEntries, sampleLog } from './sample-log.ts';
import {
  ENTRY_BYTES_MAX,
  decodeEntryBundle,
  decodeTile,
  encodeEntryBundle,
  entriesPath,
  fullTileRoot,
  nodeReaderOverTiles,
  parseTilePath,
  tilePath,
  tilesOf,
} from './tiles.ts';

const tile = fc.record({
  level: fc.integer({ min: 0, max: 63 }),
  index: fc.oneof(fc.nat({ max: 2000 }), fc.maxSafeNat()),
  width: fc.integer({ min: 1, max: 256 }),
});

describe('tile paths', () => {
  it.each([
    [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ level: 1, index: 1_234_067, width: 256 }, 'tile/1/x001/x234/067'],
    [{ level: 0, index: 999, width: 1 }, 'tile/0/999.p/1'],
    [{ level: 63, index: 1000, width: 255 }, 'tile/63/x001/000.p/255'],
  ])('%j lies at %s', (place, path) => {
    expect(tilePath(place)).toBe(path);
    expect(parseTilePath(path)).toEqual({ kind: 'tile', ...place });
  });

  it('are read back as written, for tiles and bundles', () => {
    fc.assert(
      fc.property(tile, (place) => {
        expect(parseTilePath(tilePath(place))).toEqual({ kind: 'tile', ...place });
        const { index, width } = place;
        expect(parseTilePath(entriesPath(place))).toEqual({ kind: 'entries', index, width });
      }),
    );
  });

  it.each([
    'tile/0/0',
    'tile/00/000',
    'tile/64/000',
    'tile/0/x000/001',
    'tile/0/x01/001',
    'tile/0/001/002',
    'tile/0/x001',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/0/000.p/',
    'tile/0/000/',
    '/tile/0/000',
    'tile/-1/000',
    'tile/entries/x000/000',
    'tile/data/000',
    'tile/0/x999/x999/x999/x999/x999/999',
    'tile/0/000\n',
    'tile/0/../0/000',
  ])('%j is no path', (path) => {
    expect(parseTilePath(path)).toBeUndefined();
  });

  it('refuse to be made for places that do not exist', () => {
    expect(() => tilePath({ level: 64, index: 0, width: 1 })).toThrow(RangeError);
    expect(() => tilePath({ level: 0, index: -1, width: 1 })).toThrow(RangeError);
    expect(() => entriesPath({ index: 0, width: 257 })).toThrow(RangeError);
  });

  // The example in the specification.
  it('list the tiles of a tree of 70,000 leaves', () => {
    const tiles = [...tilesOf(70_000)];
    const full = (level: number) => tiles.filter((one) => one.level === level && one.width === 256).length;
    expect([full(0), full(1), full(2)]).toEqual([273, 1, 0]);
    expect(tiles.filter(({ width }) => width < 256)).toEqual([
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
    expect([...tilesOf(256)]).toEqual([
      { level: 0, index: 0, width: 256 },
      { level: 1, index: 0, width: 1 },
    ]);
    expect([...tilesOf(0)]).toEqual([]);
  });
});

describe('entry bundles', () => {
  it('are read back as written', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 20 }), (entries) => {
        const read = decodeEntryBundle(encodeEntryBundle(entries), entries.length);
        expect(read.map((entry) => entry.toString('hex'))).toEqual(
          entries.map((one) => Buffer.from(one).toString('hex')),
        );
      }),
    );
  });

  it('have big-endian lengths, and entries of at most 65,535 bytes', () => {
    expect(encodeEntryBundle([Buffer.alloc(258, 1)]).subarray(0, 3)).toEqual(Buffer.of(1, 2, 1));
    const longest = Buffer.alloc(ENTRY_BYTES_MAX, 2);
    expect(decodeEntryBundle(encodeEntryBundle([longest]), 1)).toEqual([longest]);
    expect(() => encodeEntryBundle([Buffer.alloc(ENTRY_BYTES_MAX + 1)])).toThrow(RangeError);
  });

  it('are refused when cut, padded or of another width', () => {
    const bundle = encodeEntryBundle([Buffer.from('one'), Buffer.from('two')]);
    expect(() => decodeEntryBundle(bundle.subarray(0, -1), 2)).toThrow(MalformedError);
    expect(() => decodeEntryBundle(Buffer.concat([bundle, Buffer.of(0)]), 2)).toThrow(MalformedError);
    expect(() => decodeEntryBundle(bundle, 1)).toThrow(MalformedError);
    expect(() => decodeEntryBundle(bundle, 3)).toThrow(MalformedError);
  });
});

describe('proofs over tiles', () => {
  const entries = sampleEntries(70_000);
  const hashes = entries.map(leafHash);
  const files = sampleLog(entries);
  const readTile = (place: { level: number; index: number; width: number }): Buffer => {
    const bytes = files.get(tilePath(place));
    if (bytes === undefined) throw new Error(`${tilePath(place)} is not in the tree`);
    return bytes;
  };
  const root = rootOfHashes(hashes);

  it('verify for leaves and sizes across all three levels', async () => {
    const position = fc.integer({ min: 1, max: entries.length });
    await fc.assert(
      fc.asyncProperty(position, async (size) => {
        const leafIndex = size - 1;
        const readNode = nodeReaderOverTiles(entries.length, readTile);
        const path = await inclusionProof({ leafIndex, treeSize: entries.length }, readNode);
        const leaf = { leafIndex, treeSize: entries.length, leafHash: hashes[leafIndex]!, path, root };
        expect(verifyInclusion(leaf)).toEqual({ valid: true });
        const sizes = { oldSize: size, newSize: entries.length };
        const between = await consistencyProof(sizes, readNode);
        const oldRoot = await rootAt(size, readNode);
        expect(verifyConsistency({ ...sizes, oldRoot, newRoot: root, path: between })).toEqual({
          valid: true,
        });
      }),
      { numRuns: 60 },
    );
  });

  it('give the hash of a full tile in the level above', () => {
    const above = decodeTile(files.get('tile/1/000')!, 256);
    expect(fullTileRoot(files.get('tile/0/003')!)).toEqual(above[3]);
  });

  it('read no node that is not complete', async () => {
    const readNode = nodeReaderOverTiles(300, readTile);
    await expect(async () => readNode(8, 1)).rejects.toThrow(RangeError);
    await expect(async () => readNode(0, 300)).rejects.toThrow(RangeError);
  });
});

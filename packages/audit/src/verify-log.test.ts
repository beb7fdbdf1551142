import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { verifyConsistencyWith } from './log-consistency.ts';
import { type LogDifference, describeDifference } from './log-difference.ts';
import { EMPTY_ROOT, leafHash } from './merkle-tree.ts';
import { signingKeyFromSeed } from './note-key.ts';
import { flipBit, readerOf, sampleEntries, sampleKey, sampleLog } from './sample-log.ts';
import { decodeEntryBundle, encodeEntryBundle, entriesPath, parseTilePath, tileWidthAt } from './tiles.ts';
import { verifyLog } from './verify-log.ts';

const { verifierKey } = sampleKey;
const entries = sampleEntries(70_000);
const wholeLog = sampleLog(entries);
const smallLog = sampleLog(entries.slice(0, 700));

function verify(files: ReadonlyMap<string, Uint8Array>, more: Partial<Parameters<typeof verifyLog>[0]> = {}) {
  return verifyLog({ read: readerOf(files), verifierKey, ...more });
}

function withFile(
  files: ReadonlyMap<string, Buffer>,
  path: string,
  change: (bytes: Buffer) => Buffer,
): Map<string, Buffer> {
  return new Map(files).set(path, change(files.get(path)!));
}

/** Changes one bit of the entries at these places, as changed database rows would. */
function withEntries(count: 700 | 70_000, places: readonly number[]): Map<string, Buffer> {
  const files = new Map(count === 700 ? smallLog : wholeLog);
  for (const place of places) {
    const index = Math.floor(place / 256);
    const width = tileWidthAt(count, { level: 0, index });
    const path = entriesPath({ index, width });
    const bundle = decodeEntryBundle(files.get(path)!, width);
    bundle[place % 256] = flipBit(bundle[place % 256]!, 77);
    files.set(path, encodeEntryBundle(bundle));
  }
  return files;
}

describe('verifyLog', () => {
  it('accepts a whole log of three tile levels and counts what it read', async () => {
    const report = await verify(wholeLog, { canonicalEntries: true, ascendingEntryIds: true });
    expect(report.differences).toEqual([]);
    expect(report).toMatchObject({ valid: true, leavesChecked: 70_000, entriesChecked: 70_000 });
    expect(report.tilesChecked).toBe(
      [...wholeLog.keys()].filter((path) => parseTilePath(path)?.kind === 'tile').length,
    );
  });

  it('accepts logs of every shape', async () => {
    for (const size of [0, 1, 2, 255, 256, 257, 511, 512, 700]) {
      const report = await verify(sampleLog(entries.slice(0, size)));
      expect(report).toMatchObject({ valid: true, leavesChecked: size, differences: [] });
    }
  });

  it('finds and places any single changed bit of any file', async () => {
    const paths = [...smallLog.keys()];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.nat(), async (path, bit) => {
        const { valid, differences } = await verify(withFile(smallLog, path, (bytes) => flipBit(bytes, bit)));
        expect(valid).toBe(false);
        expect(differences.map(describeDifference).join('\n')).toContain(path);
      }),
      { numRuns: 150 },
    );
  });

  it.each([0, 255, 256, 40_000, 65_535, 65_536, 69_999])(
    'names leaf %i alone if its entry is changed',
    async (leafIndex) => {
      const { differences } = await verify(withEntries(70_000, [leafIndex]));
      expect(differences).toMatchObject([{ kind: 'leaf_differs', leafIndex, altered: 'lower' }]);
    },
  );

  it.each([
    ['tile/0/000', { kind: 'leaf_differs', leafIndex: 5, altered: 'upper' }],
    ['tile/0/273.p/112', { kind: 'leaf_differs', leafIndex: 273 * 256 + 5, altered: 'upper' }],
    [
      'tile/1/000',
      { kind: 'node_differs', lowerPath: 'tile/0/005', leafStart: 1280, leafEnd: 1536, altered: 'upper' },
    ],
    [
      'tile/1/001.p/17',
      { kind: 'node_differs', lowerPath: 'tile/0/261', upperPosition: 5, altered: 'upper' },
    ],
    ['tile/2/000.p/1', { kind: 'node_differs', lowerPath: 'tile/1/000', leafEnd: 65_536, altered: 'upper' }],
  ])('names one changed hash in %s', async (path, difference) => {
    const bit = path.startsWith('tile/2') ? 3 : 5 * 256 + 3;
    const { differences } = await verify(withFile(wholeLog, path, (bytes) => flipBit(bytes, bit)));
    expect(differences).toMatchObject([difference]);
  });

  it('places a change made in the entry and its leaf hash alike within its tile', async () => {
    const files = withEntries(70_000, [40_000]);
    const forged = decodeEntryBundle(files.get('tile/entries/156')!, 256).map(leafHash);
    files.set('tile/0/156', Buffer.concat(forged));
    expect((await verify(files)).differences).toMatchObject([
      { kind: 'node_differs', lowerPath: 'tile/0/156', leafStart: 39_936, leafEnd: 40_192, altered: 'lower' },
    ]);
  });

  it('finds a log rewritten throughout by its root, and its place by earlier checkpoints', async () => {
    const changed = entries.slice(0, 700).map((entry, index) => (index === 400 ? flipBit(entry, 77) : entry));
    const files = sampleLog(changed).set('checkpoint', smallLog.get('checkpoint')!);
    expect((await verify(files)).differences).toMatchObject([{ kind: 'root_differs', treeSize: 700 }]);
    const earlierCheckpoints = [600, 100, 390, 410, 900].map((size) =>
      openCheckpoint(sampleLog(entries.slice(0, size)).get('checkpoint')!, { verifierKey }),
    );
    expect((await verify(files, { earlierCheckpoints })).differences).toMatchObject([
      { kind: 'log_shrunk', treeSize: 700, earlierSize: 900 },
      { kind: 'history_differs', treeSize: 410, leafStart: 390, leafEnd: 410 },
      { kind: 'root_differs' },
    ]);
    const kept = earlierCheckpoints.slice(0, 4);
    expect((await verify(smallLog, { earlierCheckpoints: kept })).differences).toEqual([]);
  });

  it('reports every difference, not only the first', async () => {
    const places = [3, 4, 300, 555, 699];
    const files = withEntries(700, places);
    files.set('tile/0/001', flipBit(smallLog.get('tile/0/001')!, 256 * 100));
    const { differences } = await verify(files);
    const leaves = differences.filter((one) => one.kind === 'leaf_differs').map(({ leafIndex }) => leafIndex);
    expect(leaves.sort((left, right) => left - right)).toEqual([3, 4, 300, 356, 555, 699]);
  });

  it('names missing and misshapen files and goes on', async () => {
    const files = new Map(wholeLog);
    for (const path of ['tile/entries/002', 'tile/0/010', 'tile/1/001.p/17']) files.delete(path);
    files.set('tile/0/011', files.get('tile/0/011')!.subarray(1));
    files.set('tile/entries/012', files.get('tile/entries/012')!.subarray(0, -1));
    files.set('tile/entries/013', Buffer.concat([files.get('tile/entries/013')!, Buffer.of(0)]));
    const { differences, leavesChecked } = await verify(files);
    const named = differences.map((one) => ('path' in one ? [one.kind, one.path] : [one.kind]));
    expect(named.sort()).toEqual([
      ['file_malformed', 'tile/0/011'],
      ['file_malformed', 'tile/entries/012'],
      ['file_malformed', 'tile/entries/013'],
      ['file_missing', 'tile/0/010'],
      ['file_missing', 'tile/1/001.p/17'],
      ['file_missing', 'tile/entries/002'],
    ]);
    expect(leavesChecked).toBe(70_000);
  });

  it('says so when the root cannot be known any more', async () => {
    const files = new Map(smallLog);
    for (const path of ['tile/0/002.p/188', 'tile/entries/002.p/188']) files.delete(path);
    expect((await verify(files)).differences.map(({ kind }) => kind)).toEqual([
      'file_missing',
      'file_missing',
      'root_unknown',
    ]);
  });

  it('takes the full tile where a partial one is gone, as it may be in a growing log', async () => {
    const files = new Map(smallLog);
    for (const path of ['tile/0/002', 'tile/entries/002', 'tile/1/000']) {
      files.delete(`${path}.p/${path === 'tile/1/000' ? 2 : 188}`);
      files.set(path, wholeLog.get(path)!);
    }
    expect(await verify(files)).toMatchObject({ valid: true, leavesChecked: 700 });
  });

  it('stops at a checkpoint it cannot trust', async () => {
    const other = signingKeyFromSeed(verifierKey.name, Buffer.alloc(32, 1));
    const foreign = sampleLog(entries.slice(0, 5), other);
    for (const files of [
      foreign,
      new Map<string, Buffer>(),
      withFile(smallLog, 'checkpoint', (note) => note.subarray(1)),
    ]) {
      const report = await verify(files);
      expect(report).toMatchObject({ valid: false, checkpoint: undefined, leavesChecked: 0 });
      expect(report.differences).toMatchObject([{ kind: 'checkpoint_invalid' }]);
    }
    const emptyHead = signCheckpoint({ size: 0, root: Buffer.alloc(32) }, sampleKey);
    const differences = (await verify(new Map([['checkpoint', Buffer.from(emptyHead)]]))).differences;
    expect(differences).toMatchObject([
      { kind: 'root_differs', computedRoot: EMPTY_ROOT.toString('base64') },
    ]);
  });

  it('can do without the entries, and then sees only hashes', async () => {
    const files = withEntries(700, [9]);
    expect(await verify(files, { entries: false })).toMatchObject({
      valid: true,
      entriesChecked: 0,
      leavesChecked: 700,
    });
    const damaged = withFile(smallLog, 'tile/0/001', (bytes) => flipBit(bytes, 9));
    expect((await verify(damaged, { entries: false })).differences).toMatchObject([
      { kind: 'node_differs', lowerPath: 'tile/0/001' },
    ]);
  });

  it('checks canonical form and entry ids where asked', async () => {
    const odd = entries.slice(0, 300);
    odd[7] = Buffer.from('{"entry_id": 21}');
    odd[8] = Buffer.from('{"entry_id":20}');
    odd[9] = Buffer.from('{"amount":1}');
    odd[280] = Buffer.from('{"entry_id":"840"}');
    const files = sampleLog(odd);
    expect(await verify(files)).toMatchObject({ valid: true });
    const both = await verify(files, { canonicalEntries: true, ascendingEntryIds: true });
    expect(both.differences.map((one) => [one.kind, 'leafIndex' in one ? one.leafIndex : -1])).toEqual([
      ['entry_not_canonical', 7],
      ['entry_id_not_ascending', 8],
      ['entry_id_not_ascending', 9],
    ]);
  });

  it('reads each file once, a bounded number ahead, and tells its progress', async () => {
    const reads: string[] = [];
    let [open, openMax] = [0, 0];
    const done: number[] = [];
    const read = async (path: string) => {
      reads.push(path);
      openMax = Math.max(openMax, ++open);
      await Promise.resolve();
      open -= 1;
      return wholeLog.get(path);
    };
    const onProgress = ({ leavesDone }: { leavesDone: number }) => done.push(leavesDone);
    await verifyLog({ read, verifierKey, onProgress, readAhead: 2 });
    expect(reads.sort()).toEqual([...wholeLog.keys()].sort());
    expect(openMax).toBeLessThanOrEqual(7);
    expect(done).toEqual([...done].sort((left, right) => left - right));
    expect(done.at(-1)).toBe(70_000);
  });

  it('keeps a bounded list but counts and tells of all', async () => {
    const files = withFile(smallLog, 'tile/0/000', () => Buffer.alloc(8192));
    const told: LogDifference[] = [];
    const report = await verify(files, { differencesKeptMax: 10, onDifference: (one) => told.push(one) });
    expect([report.differences.length, report.differenceCount, told.length]).toEqual([10, 256, 256]);
  });

  it('rejects with the reader\u2019s own error, as nothing can then be said', async () => {
    const read = async (path: string) => {
      if (path === 'tile/entries/001') throw new Error('connection lost');
      return smallLog.get(path);
    };
    await expect(verifyLog({ read, verifierKey })).rejects.toThrow('connection lost');
  });
});

describe('verifyConsistencyWith', () => {
  const read = readerOf(wholeLog);

  it('accepts every earlier checkpoint of the same log', async () => {
    for (const oldSize of [1, 255, 256, 300, 700]) {
      const earlierCheckpoint = sampleLog(entries.slice(0, oldSize)).get('checkpoint')!;
      const verdict = await verifyConsistencyWith({ read, verifierKey, earlierCheckpoint });
      expect(verdict).toEqual({ valid: true, oldSize, newSize: 70_000 });
    }
    const earlierCheckpoint = wholeLog.get('checkpoint')!.toString();
    expect((await verifyConsistencyWith({ read, verifierKey, earlierCheckpoint })).valid).toBe(true);
  });

  it('refuses another history, a shrunk log, an empty start, a missing tile and a stranger', async () => {
    const changed = entries.slice(0, 300).map((entry, index) => (index === 20 ? flipBit(entry, 7) : entry));
    const other = signingKeyFromSeed('other', Buffer.alloc(32, 1));
    const withoutTile = new Map(wholeLog);
    withoutTile.delete('tile/0/002');
    const cases: [ReadonlyMap<string, Buffer>, Buffer][] = [
      [wholeLog, sampleLog(changed).get('checkpoint')!],
      [smallLog, wholeLog.get('checkpoint')!],
      [wholeLog, sampleLog([]).get('checkpoint')!],
      [withoutTile, smallLog.get('checkpoint')!],
      [wholeLog, sampleLog(entries.slice(0, 300), other).get('checkpoint')!],
      [new Map(), smallLog.get('checkpoint')!],
    ];
    for (const [files, earlierCheckpoint] of cases) {
      const verdict = await verifyConsistencyWith({ read: readerOf(files), verifierKey, earlierCheckpoint });
      expect(verdict.valid).toBe(false);
    }
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CompactRange } from './compact-range.ts';
import {
  consistencyProof,
  consistencySteps,
  inclusionProof,
  inclusionSteps,
  rootAt,
} from './merkle-proof.ts';
import {
  EMPTY_ROOT,
  leafHash,
  nodeHash,
  rootOfHashes,
  verifyConsistency,
  verifyInclusion,
} from './merkle-tree.ts';
import { flipBit } from './sample-log.ts';

/** MTH of RFC 6962 section 2.1, word for word. */
function naiveRoot(leafHashes: readonly Buffer[]): Buffer {
  if (leafHashes.length === 0) return EMPTY_ROOT;
  if (leafHashes.length === 1) return leafHashes[0]!;
  let split = 1;
  while (split * 2 < leafHashes.length) split *= 2;
  return nodeHash(naiveRoot(leafHashes.slice(0, split)), naiveRoot(leafHashes.slice(split)));
}

const SIZE_MAX = 300;
const leafHashes = Array.from({ length: SIZE_MAX }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));
const roots = Array.from({ length: SIZE_MAX + 1 }, (_, size) => naiveRoot(leafHashes.slice(0, size)));
const nodes = new Map<string, Buffer>();
const range = new CompactRange();
for (const hash of leafHashes)
  range.append(hash, (level, index, node) => nodes.set(`${level}/${index}`, node));

function readNode(level: number, index: number): Buffer {
  const hash = nodes.get(`${level}/${index}`);
  if (hash === undefined) throw new Error(`node ${level}/${index} is not complete`);
  return hash;
}

const treeSize = fc.integer({ min: 1, max: SIZE_MAX });
const twoSizes = fc
  .tuple(treeSize, treeSize)
  .map(([one, other]) => [Math.min(one, other), Math.max(one, other)] as const);

describe('tree hashes', () => {
  // The tree of the eight inputs that the RFC 6962 implementations share.
  it('has the known roots', () => {
    const inputs = [
      '',
      '00',
      '10',
      '2021',
      '3031',
      '40414243',
      '5051525354555657',
      '606162636465666768696a6b6c6d6e6f',
    ];
    const hashes = inputs.map((input) => leafHash(Buffer.from(input, 'hex')));
    expect(EMPTY_ROOT.toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    expect(hashes[0]!.toString('hex')).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    );
    expect(rootOfHashes(hashes).toString('hex')).toBe(
      '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    );
  });

  it('agree between the definition, the row form and the compact range, at every size', () => {
    const growing = new CompactRange();
    for (let size = 0; size <= SIZE_MAX; size++) {
      if (size > 0) growing.append(leafHashes[size - 1]!);
      expect(growing.size).toBe(size);
      expect(growing.root().equals(roots[size]!)).toBe(true);
      expect(rootOfHashes(leafHashes.slice(0, size)).equals(roots[size]!)).toBe(true);
    }
  });

  it('tell the listener of every complete subtree, once, with its root', () => {
    let expected = 0;
    for (let span = 1, level = 0; span <= SIZE_MAX; span *= 2, level++) {
      for (let index = 0; (index + 1) * span <= SIZE_MAX; index++, expected++) {
        expect(
          readNode(level, index).equals(naiveRoot(leafHashes.slice(index * span, (index + 1) * span))),
        ).toBe(true);
      }
    }
    expect(nodes.size).toBe(expected);
  });
});

describe('CompactRange', () => {
  it('goes on from its stored edge as if never stopped', () => {
    fc.assert(
      fc.property(twoSizes, ([stop, end]) => {
        const before = new CompactRange();
        for (const hash of leafHashes.slice(0, stop)) before.append(hash);
        const after = CompactRange.restore(stop, before.edgeBytes());
        for (const hash of leafHashes.slice(stop, end)) after.append(hash);
        expect(after.root().equals(roots[end]!)).toBe(true);
        expect(before.root().equals(roots[stop]!)).toBe(true);
      }),
    );
  });

  it('refuses an edge that does not fit its size, and a leaf that is no hash', () => {
    expect(() => CompactRange.restore(3, Buffer.alloc(32))).toThrow(RangeError);
    expect(() => CompactRange.restore(-1, Buffer.alloc(0))).toThrow(RangeError);
    expect(() => new CompactRange().append(Buffer.alloc(31))).toThrow(RangeError);
  });
});

describe('inclusion proofs', () => {
  it('verify for every leaf of every tree up to 40, and lead to no other leaf', async () => {
    for (let size = 1; size <= 40; size++) {
      for (let leafIndex = 0; leafIndex < size; leafIndex++) {
        const path = await inclusionProof({ leafIndex, treeSize: size }, readNode);
        const claim = {
          leafIndex,
          treeSize: size,
          leafHash: leafHashes[leafIndex]!,
          path,
          root: roots[size]!,
        };
        expect(verifyInclusion(claim)).toEqual({ valid: true });
        expect(verifyInclusion({ ...claim, leafHash: leafHashes[(leafIndex + 1) % SIZE_MAX]! }).valid).toBe(
          false,
        );
      }
    }
  });

  it('verify at random sizes, and not after any single change', async () => {
    const position = fc.tuple(treeSize, fc.nat(), fc.nat(), fc.nat());
    await fc.assert(
      fc.asyncProperty(position, async ([size, leaf, bit, place]) => {
        const leafIndex = leaf % size;
        const path = await inclusionProof({ leafIndex, treeSize: size }, readNode);
        const claim = {
          leafIndex,
          treeSize: size,
          leafHash: leafHashes[leafIndex]!,
          path,
          root: roots[size]!,
        };
        expect(verifyInclusion(claim).valid).toBe(true);
        const changed = path.map((hash, step) => (step === place % path.length ? flipBit(hash, bit) : hash));
        const broken = [
          { ...claim, leafHash: flipBit(claim.leafHash, bit) },
          { ...claim, root: flipBit(claim.root, bit) },
          { ...claim, leafIndex: (leafIndex + 1) % size === leafIndex ? size : (leafIndex + 1) % size },
          { ...claim, path: [...path, roots[size]!] },
          ...(path.length === 0
            ? []
            : [
                { ...claim, path: changed },
                { ...claim, path: path.slice(1) },
              ]),
        ];
        expect(broken.map((wrong) => verifyInclusion(wrong).valid)).toEqual(broken.map(() => false));
      }),
      { numRuns: 200 },
    );
  });

  it('have no step for a leaf the tree does not have', () => {
    expect(() => inclusionSteps(5, 5)).toThrow(RangeError);
    expect(() => inclusionSteps(-1, 5)).toThrow(RangeError);
    expect(() => inclusionSteps(0, 0)).toThrow(RangeError);
  });
});

describe('consistency proofs', () => {
  it('verify between all sizes up to 40', async () => {
    for (let newSize = 1; newSize <= 40; newSize++) {
      for (let oldSize = 1; oldSize <= newSize; oldSize++) {
        const path = await consistencyProof({ oldSize, newSize }, readNode);
        const claim = { oldSize, newSize, oldRoot: roots[oldSize]!, newRoot: roots[newSize]!, path };
        expect(verifyConsistency(claim)).toEqual({ valid: true });
      }
    }
  });

  it('verify between random sizes, and not after any single change', async () => {
    await fc.assert(
      fc.asyncProperty(twoSizes, fc.nat(), fc.nat(), async ([oldSize, newSize], bit, place) => {
        const path = await consistencyProof({ oldSize, newSize }, readNode);
        const claim = { oldSize, newSize, oldRoot: roots[oldSize]!, newRoot: roots[newSize]!, path };
        expect(verifyConsistency(claim).valid).toBe(true);
        const changed = path.map((hash, step) => (step === place % path.length ? flipBit(hash, bit) : hash));
        const broken = [
          { ...claim, oldRoot: flipBit(claim.oldRoot, bit) },
          { ...claim, newRoot: flipBit(claim.newRoot, bit) },
          { ...claim, path: [...path, roots[newSize]!] },
          { ...claim, oldSize: newSize + 1 },
          ...(path.length === 0
            ? []
            : [
                { ...claim, path: changed },
                { ...claim, path: path.slice(0, -1) },
              ]),
        ];
        expect(broken.map((wrong) => verifyConsistency(wrong).valid)).toEqual(broken.map(() => false));
      }),
      { numRuns: 200 },
    );
  });

  it('do not exist for the empty tree, in either direction', () => {
    expect(() => consistencySteps(0, 5)).toThrow(RangeError);
    expect(() => consistencySteps(6, 5)).toThrow(RangeError);
    expect(
      verifyConsistency({ oldSize: 0, newSize: 5, oldRoot: EMPTY_ROOT, newRoot: roots[5]!, path: [] }).valid,
    ).toBe(false);
  });
});

describe('rootAt', () => {
  it('gives the root of every earlier size from complete subtrees', async () => {
    for (let size = 0; size <= SIZE_MAX; size += 7)
      expect((await rootAt(size, readNode)).equals(roots[size]!)).toBe(true);
  });

  it('stays exact for trees of more than 2^32 leaves', () => {
    const steps = inclusionSteps(2 ** 48 - 2, 2 ** 48 - 1);
    const leaves = steps.flat().reduce((sum, { level }) => sum + 2 ** level, 1);
    expect(leaves).toBe(2 ** 48 - 1);
    expect(steps.flat().every(({ index }) => Number.isSafeInteger(index))).toBe(true);
  });
});

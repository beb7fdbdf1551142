// The Merkle tree of RFC 6962 section 2.1 (RFC 9162 section 2.1): hashes, roots, and the checks
// of inclusion and consistency proofs. Must not read anything: every input is an argument.
import { type Verdict, VALID, invalid } from './malformed.ts';
import { sha256 } from './sha256.ts';
import { sameBytes } from './strict-encoding.ts';

export const HASH_BYTES = 32;

/** The root of the tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT: Buffer = sha256('');

const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

/** SHA-256(0x00 || entry). */
export function leafHash(entry: Uint8Array): Buffer {
  const input = Buffer.allocUnsafe(1 + entry.length);
  input[0] = LEAF_PREFIX;
  input.set(entry, 1);
  return sha256(input);
}

/** SHA-256(0x01 || left || right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  const input = Buffer.allocUnsafe(1 + left.length + right.length);
  input[0] = NODE_PREFIX;
  input.set(left, 1);
  input.set(right, 1 + left.length);
  return sha256(input);
}

/** The root over leaf hashes (or, over the roots of equal full subtrees, the root of their tree). */
export function rootOfHashes(hashes: readonly Uint8Array[]): Buffer {
  let row = hashes;
  while (row.length > 1) row = parentRow(row);
  return Buffer.from(row[0] ?? EMPTY_ROOT);
}

/** The next row up; an odd last node moves up unchanged, which gives the shape of RFC 6962. */
export function parentRow(row: readonly Uint8Array[]): Uint8Array[] {
  const parents: Uint8Array[] = [];
  let left: Uint8Array | undefined;
  for (const hash of row) {
    if (left === undefined) {
      left = hash;
    } else {
      parents.push(nodeHash(left, hash));
      left = undefined;
    }
  }
  if (left !== undefined) parents.push(left);
  return parents;
}

/** Folds neighbouring subtree roots, given from left to right and largest first, into one root. */
export function foldRight(hashes: readonly Uint8Array[]): Buffer {
  const last = hashes.at(-1) ?? EMPTY_ROOT;
  return Buffer.from(hashes.slice(0, -1).reduceRight((root, hash) => nodeHash(hash, root), last));
}

export type InclusionClaim = {
  leafIndex: number;
  treeSize: number;
  leafHash: Uint8Array;
  path: readonly Uint8Array[];
  root: Uint8Array;
};

/** Checks that the leaf is at that index of the tree with that root (RFC 9162 section 2.1.3.2). */
export function verifyInclusion(claim: InclusionClaim): Verdict {
  const { leafIndex, treeSize, path, root } = claim;
  if (!isTreeSize(leafIndex) || !isTreeSize(treeSize)) return invalid('index or tree size out of range');
  if (leafIndex >= treeSize) return invalid('the leaf index is not below the tree size');
  if (claim.leafHash.length !== HASH_BYTES || root.length !== HASH_BYTES || !areHashes(path)) {
    return invalid('a hash has the wrong length');
  }
  let index = leafIndex;
  let last = treeSize - 1;
  let hash: Uint8Array = claim.leafHash;
  for (const sibling of path) {
    if (last === 0) return invalid('the path is too long');
    if (isOdd(index) || index === last) {
      hash = nodeHash(sibling, hash);
      while (!isOdd(index) && index !== 0) [index, last] = [half(index), half(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [index, last] = [half(index), half(last)];
  }
  if (last !== 0) return invalid('the path is too short');
  return sameBytes(hash, root) ? VALID : invalid('the path does not lead to the root');
}

export type ConsistencyClaim = {
  oldSize: number;
  newSize: number;
  oldRoot: Uint8Array;
  newRoot: Uint8Array;
  path: readonly Uint8Array[];
};

/**
 * Checks that the new tree only appends to the old one (RFC 9162 section 2.1.4.2).
 * An old size of 0 is refused: every tree extends the empty one, so such a proof shows nothing.
 */
export function verifyConsistency(claim: ConsistencyClaim): Verdict {
  const { oldSize, newSize, oldRoot, newRoot, path } = claim;
  if (!isTreeSize(oldSize) || !isTreeSize(newSize)) return invalid('tree size out of range');
  if (oldSize === 0) return invalid('the old tree is empty: consistency with it shows nothing');
  if (oldSize > newSize) return invalid('the old tree is larger than the new one');
  if (oldSize === newSize) {
    if (path.length > 0) return invalid('the sizes are equal but the path is not empty');
    return sameBytes(oldRoot, newRoot) ? VALID : invalid('the sizes are equal but the roots differ');
  }
  if (oldRoot.length !== HASH_BYTES || newRoot.length !== HASH_BYTES || !areHashes(path)) {
    return invalid('a hash has the wrong length');
  }
  return foldConsistency(claim);
}

function foldConsistency({ oldSize, newSize, oldRoot, newRoot, path }: ConsistencyClaim): Verdict {
  let index = oldSize - 1;
  let last = newSize - 1;
  while (isOdd(index)) [index, last] = [half(index), half(last)];
  // The old root is a node of the new tree exactly when the old size is a power of two; the
  // prover then leaves it out.
  const [seed, ...rest] = index === 0 ? [oldRoot, ...path] : path;
  if (seed === undefined || (index === 0 && rest.length === 0)) return invalid('the path is too short');
  let oldHash = seed;
  let newHash = seed;
  for (const hash of rest) {
    if (last === 0) return invalid('the path is too long');
    if (isOdd(index) || index === last) {
      oldHash = nodeHash(hash, oldHash);
      newHash = nodeHash(hash, newHash);
      while (!isOdd(index) && index !== 0) [index, last] = [half(index), half(last)];
    } else {
      newHash = nodeHash(newHash, hash);
    }
    [index, last] = [half(index), half(last)];
  }
  if (last !== 0) return invalid('the path is too short');
  if (!sameBytes(oldHash, oldRoot)) return invalid('the path does not lead to the old root');
  return sameBytes(newHash, newRoot) ? VALID : invalid('the path does not lead to the new root');
}

/** Tree sizes and indexes are exact integers up to 2^53 - 1; bit operators would cut them at 2^31. */
export function isTreeSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function areHashes(path: readonly Uint8Array[]): boolean {
  return path.every((hash) => hash.length === HASH_BYTES);
}

function isOdd(value: number): boolean {
  return value % 2 === 1;
}

function half(value: number): number {
  return Math.floor(value / 2);
}

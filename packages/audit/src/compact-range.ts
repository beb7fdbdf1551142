// The right edge of a growing tree: all that must be kept to append leaves and to know the root.
// Must not keep more than one hash per level, and never looks back at leaves.
import { HASH_BYTES, foldRight, isTreeSize, nodeHash } from './merkle-tree.ts';

/** Called for every complete subtree the moment it is complete; level 0 is the leaf itself. */
export type NodeListener = (level: number, index: number, hash: Buffer) => void;

export class CompactRange {
  #size = 0;
  // Roots of the complete subtrees, left to right; one for each 1 bit of the size, largest first.
  #edge: Buffer[] = [];

  /** Rebuilds the range from `size` and the bytes `edgeBytes()` gave at that size. */
  static restore(size: number, edge: Uint8Array): CompactRange {
    if (!isTreeSize(size)) throw new RangeError('tree size out of range');
    if (edge.length !== countOneBits(size) * HASH_BYTES) {
      throw new RangeError(`the edge of a tree of ${size} leaves has another length`);
    }
    const range = new CompactRange();
    range.#size = size;
    for (let start = 0; start < edge.length; start += HASH_BYTES) {
      range.#edge.push(Buffer.from(edge.subarray(start, start + HASH_BYTES)));
    }
    return range;
  }

  get size(): number {
    return this.#size;
  }

  /** Appends one leaf hash; tells the listener of the leaf and of each subtree it completes. */
  append(leafHash: Uint8Array, onNode?: NodeListener): void {
    if (leafHash.length !== HASH_BYTES) throw new RangeError('a leaf hash has 32 bytes');
    let hash: Buffer = Buffer.from(leafHash);
    let level = 0;
    let index = this.#size;
    onNode?.(level, index, hash);
    // Each low 1 bit of the size is an edge node of that level, waiting for its right sibling.
    while (index % 2 === 1) {
      const left = this.#edge.pop();
      if (left === undefined) throw new Error('the edge does not fit the size');
      hash = nodeHash(left, hash);
      level += 1;
      index = (index - 1) / 2;
      onNode?.(level, index, hash);
    }
    this.#edge.push(hash);
    this.#size += 1;
  }

  root(): Buffer {
    return foldRight(this.#edge);
  }

  /** The edge hashes, left to right, concatenated: what to store beside the size. */
  edgeBytes(): Buffer {
    return Buffer.concat(this.#edge);
  }
}

function countOneBits(value: number): number {
  let count = 0;
  for (let rest = value; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

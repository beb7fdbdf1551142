// Builds inclusion and consistency proofs (RFC 6962 sections 2.1.1 and 2.1.2) from the hashes of
// complete subtrees, wherever those are kept. Must not hash leaves or know about storage.
import { foldRight, isTreeSize, rootOfHashes } from './merkle-tree.ts';

/** The complete subtree over leaves `[index * 2^level, (index + 1) * 2^level)`. */
export type NodeId = { level: number; index: number };

export type NodeReader = (level: number, index: number) => Uint8Array | Promise<Uint8Array>;

/** One proof hash: the complete subtrees, left to right, that fold into it. */
export type ProofStep = readonly NodeId[];

/** The steps of PATH(leafIndex, D[treeSize]), the leaf's sibling first. */
export function inclusionSteps(leafIndex: number, treeSize: number): ProofStep[] {
  if (!isTreeSize(treeSize) || !isTreeSize(leafIndex) || leafIndex >= treeSize) {
    throw new RangeError(`no leaf ${leafIndex} in a tree of ${treeSize}`);
  }
  const steps: ProofStep[] = [];
  let start = 0;
  let end = treeSize;
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (leafIndex < middle) {
      steps.push(completeSubtrees(middle, end));
      end = middle;
    } else {
      steps.push(completeSubtrees(start, middle));
      start = middle;
    }
  }
  return steps.reverse();
}

/** The steps of PROOF(oldSize, D[newSize]); empty for equal sizes; an old size of 0 has no proof. */
export function consistencySteps(oldSize: number, newSize: number): ProofStep[] {
  if (!isTreeSize(newSize) || !isTreeSize(oldSize) || oldSize < 1 || oldSize > newSize) {
    throw new RangeError(`no consistency proof from ${oldSize} to ${newSize}`);
  }
  const steps: ProofStep[] = [];
  let start = 0;
  let end = newSize;
  while (oldSize < end) {
    const middle = start + splitPoint(end - start);
    if (oldSize <= middle) {
      steps.push(completeSubtrees(middle, end));
      end = middle;
    } else {
      steps.push(completeSubtrees(start, middle));
      start = middle;
    }
  }
  // With start 0 the last part is the whole old tree, whose root the verifier has.
  if (start > 0) steps.push(completeSubtrees(start, end));
  return steps.reverse();
}

export async function inclusionProof(
  { leafIndex, treeSize }: { leafIndex: number; treeSize: number },
  readNode: NodeReader,
): Promise<Buffer[]> {
  return readSteps(inclusionSteps(leafIndex, treeSize), readNode);
}

export async function consistencyProof(
  { oldSize, newSize }: { oldSize: number; newSize: number },
  readNode: NodeReader,
): Promise<Buffer[]> {
  return readSteps(consistencySteps(oldSize, newSize), readNode);
}

/** The root of the first `treeSize` leaves. */
export async function rootAt(treeSize: number, readNode: NodeReader): Promise<Buffer> {
  if (!isTreeSize(treeSize)) throw new RangeError('tree size out of range');
  const [root] = await readSteps([completeSubtrees(0, treeSize)], readNode);
  return root ?? rootOfHashes([]);
}

async function readSteps(steps: readonly ProofStep[], readNode: NodeReader): Promise<Buffer[]> {
  return Promise.all(
    steps.map(async (nodes) =>
      foldRight(await Promise.all(nodes.map(async ({ level, index }) => readNode(level, index)))),
    ),
  );
}

/**
 * Cuts `[start, end)` into complete subtrees, largest first. INVARIANT: `start` is a multiple of
 * the largest power of two not above the length, as it is for every range of a proof.
 */
function completeSubtrees(start: number, end: number): NodeId[] {
  const nodes: NodeId[] = [];
  for (let from = start; from < end;) {
    const level = Math.floor(Math.log2(end - from));
    // log2 rounds up just below large powers of two; the check keeps the subtree inside the range.
    const fitting = 2 ** level <= end - from ? level : level - 1;
    nodes.push({ level: fitting, index: from / 2 ** fitting });
    from += 2 ** fitting;
  }
  return nodes;
}

/** The largest power of two below `length`, for a length of 2 or more. */
function splitPoint(length: number): number {
  let power = 2 ** Math.floor(Math.log2(length));
  while (power >= length) power /= 2;
  return power;
}

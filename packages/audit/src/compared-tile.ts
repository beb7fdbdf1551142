// A tile beside what lies below it, and which of the two is right: the hash above both decides.
// Pure; must not read files or report.
import type { AlteredSide } from './log-difference.ts';
import { foldRight, rootOfHashes } from './merkle-tree.ts';
import { sameBytes } from './strict-encoding.ts';
import type { Tile } from './tiles.ts';

export type ComparedTile = {
  tile: Tile;
  /** The hashes the tile holds; undefined where it could not be read. */
  upper: readonly Buffer[] | undefined;
  /** The hashes computed from the entries or tiles below; undefined for each that could not be. */
  lower: readonly (Buffer | undefined)[];
};

/** The positions at which the tile and what lies below it disagree. */
export function mismatches({ upper, lower }: ComparedTile): number[] {
  if (upper === undefined) return [];
  return [...upper.keys()].filter((position) => {
    const [above, below] = [upper[position], lower[position]];
    return above !== undefined && below !== undefined && !sameBytes(above, below);
  });
}

/** The root of a full tile, as the hash above it confirms, and which side that shows to be altered. */
export function foldTile(
  compared: ComparedTile,
  above: Uint8Array | undefined,
): { root: Buffer | undefined; altered: AlteredSide } {
  let first: Buffer | undefined;
  for (const { hashes, altered } of readings(compared)) {
    const root = rootOfHashes(hashes);
    if (above !== undefined && sameBytes(root, above)) return { root, altered };
    first ??= root;
  }
  return { root: first, altered: 'unknown' };
}

/**
 * Folds the partial tiles of the right edge, highest level first, into the root of the tree.
 * `confirmed` tells that some choice of sides has the signed root; `altered` is then that choice.
 */
export function foldEdge(
  edge: readonly ComparedTile[],
  signedRoot: Uint8Array,
): { confirmed: boolean; root: Buffer | undefined; altered: AlteredSide[] } {
  let first: Buffer | undefined;
  for (const choice of choices(edge.map(readings))) {
    const root = foldRight(choice.flatMap(({ hashes }) => completeSubtreeRoots(hashes)));
    if (sameBytes(root, signedRoot))
      return { confirmed: true, root, altered: choice.map(({ altered }) => altered) };
    first ??= root;
  }
  return { confirmed: false, root: first, altered: edge.map(() => 'unknown') };
}

type Reading = { hashes: readonly Buffer[]; altered: AlteredSide };

/** The one or two ways to read a tile: as it stands, and as what lies below it says. */
function readings(compared: ComparedTile): Reading[] {
  const { upper, lower } = compared;
  const all: Reading[] = upper === undefined ? [] : [{ hashes: upper, altered: 'lower' }];
  if (upper !== undefined && mismatches(compared).length === 0) return all;
  const hashes = lower.map((hash, position) => hash ?? upper?.[position]);
  if (hashes.every((hash) => hash !== undefined)) all.push({ hashes, altered: 'upper' });
  return all;
}

/** Every combination of one reading a tile: at most two to the number of levels, so 256. */
function choices(readingsByTile: readonly Reading[][]): Reading[][] {
  return readingsByTile.reduce<Reading[][]>(
    (soFar, tileReadings) => tileReadings.flatMap((reading) => soFar.map((choice) => [...choice, reading])),
    [[]],
  );
}

/** Roots of the complete subtrees of a partial tile, largest first. */
function completeSubtreeRoots(hashes: readonly Buffer[]): Buffer[] {
  const roots: Buffer[] = [];
  let start = 0;
  for (let width = 128; width >= 1; width /= 2) {
    if ((hashes.length & width) === 0) continue;
    roots.push(rootOfHashes(hashes.slice(start, start + width)));
    start += width;
  }
  return roots;
}

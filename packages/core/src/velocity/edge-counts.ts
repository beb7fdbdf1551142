// velocity/edge-counts.ts: which amounts lie just below or just above an amount, and which other amounts are its placebos.
// An amount exactly at a round edge says nothing: prices are round too. At another edge it counts as below, for a
// limit of "at most" lets it pass.

/** Within 5 % and within 2 %: a limit that few know of is hugged more closely. */
export const EDGE_BANDS = { wide: 5n, near: 2n } as const;
export type EdgeBand = keyof typeof EDGE_BANDS;

export interface EdgeCounts {
  readonly below: number;
  readonly above: number;
}

export interface Edge {
  readonly edgeMinor: bigint;
  readonly wide: EdgeCounts;
  readonly near: EdgeCounts;
}

/** Which side of an edge an amount lies on, within a band; null: neither. */
export function sideOfEdge(amountMinor: bigint, edgeMinor: bigint, band: EdgeBand): 'below' | 'above' | null {
  if (amountMinor === edgeMinor) return isRound(edgeMinor) ? null : 'below';
  const distance = amountMinor < edgeMinor ? edgeMinor - amountMinor : amountMinor - edgeMinor;
  if (distance * 100n > edgeMinor * EDGE_BANDS[band]) return null;
  return amountMinor < edgeMinor ? 'below' : 'above';
}

/** At most two digits that are not zero at its end: 3,000 and 2,500 are, 3,390 is not. */
export function isRound(amountMinor: bigint): boolean {
  return amountMinor.toString().replace(/0+$/, '').length <= 2;
}

/** Where placebos are looked for, in percent of the edge: the amounts of the same size. */
const PLACEBO_PERCENTS = [40n, 50n, 58n, 66n, 74n, 82n, 120n, 130n, 142n, 156n, 172n, 190n] as const;
/** A placebo keeps this far, in percent, from every amount that is watched. */
const PLACEBO_DISTANCE_PERCENT = 12n;

/** Amounts that bound nothing and are about as round as the edge: what happens there is what prices do by themselves. */
export function placebosOf(edgeMinor: bigint, watchedMinor: readonly bigint[]): bigint[] {
  const unit = quarterOfUnit(edgeMinor);
  const found = new Set<bigint>();
  for (const percent of PLACEBO_PERCENTS) {
    const placebo = ((edgeMinor * percent + 50n * unit) / (100n * unit)) * unit;
    const isApart = [edgeMinor, ...watchedMinor].every((watched) => {
      const distance = placebo < watched ? watched - placebo : placebo - watched;
      return distance * 100n > watched * PLACEBO_DISTANCE_PERCENT;
    });
    if (placebo > 0n && isApart) found.add(placebo);
  }
  return [...found].sort((a, b) => (a < b ? -1 : 1));
}

/** A quarter of the largest power of ten that divides it; at least 1. */
function quarterOfUnit(amountMinor: bigint): bigint {
  const zeros = /0*$/.exec(amountMinor.toString())?.[0].length ?? 0;
  const unit = 10n ** BigInt(zeros);
  return unit < 4n ? 1n : unit / 4n;
}

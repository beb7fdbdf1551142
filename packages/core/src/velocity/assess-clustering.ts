// velocity/assess-clustering.ts: do amounts crowd just below a threshold? Clause: AG-642 4.9.
// The control are placebos: amounts of the same size and roundness that bound nothing. Only what happens at the
// threshold and at none of them is a sign of avoidance; where too little is known of them, nothing is said.
import { EDGE_BANDS, type Edge, type EdgeBand, type EdgeCounts } from './edge-counts.ts';
import { upperTail } from './upper-tail.ts';
import { rounded, type Sensitivity, THRESHOLDS, type VelocityFinding } from './velocity-finding.ts';

/** Amounts near the threshold, and near the placebos it is compared with, before anything is said. */
const SEEN_MIN = 12;
const PLACEBO_SEEN_MIN = 24;
/** A placebo with fewer has no ratio of its own. */
const RATIO_SEEN_MIN = 12;
const PLACEBOS_MIN = 2;

export interface ClusteringInput {
  /** Such as `the limit of rule r1`. */
  readonly label: string;
  /** With its currency, as a person reads it. */
  readonly threshold: string;
  readonly edge: Edge;
  readonly placebos: readonly Edge[];
  /** Such as `90 days`. */
  readonly window: string;
  readonly sensitivity: Sensitivity;
}

interface BandResult {
  readonly band: EdgeBand;
  readonly counts: EdgeCounts;
  readonly ratio: number;
  /** Of two bands, so doubled. */
  readonly chance: number;
  readonly placeboRatioMax: number;
  readonly isClustered: boolean;
}

export function assessClustering(input: ClusteringInput): VelocityFinding {
  const { label, threshold, edge, placebos, window, sensitivity } = input;
  const results = (['wide', 'near'] as const).flatMap((band) => {
    const result = assessBand(edge, placebos, band, sensitivity);
    return result === null ? [] : [result];
  });
  const best = [...results].sort(
    (a, b) => Number(b.isClustered) - Number(a.isClustered) || a.chance - b.chance,
  )[0];
  if (best === undefined) {
    return {
      signal: 'clustering',
      verdict: 'not_enough',
      explanation: `Too few amounts near ${threshold} (${label}), or near the amounts it is compared with, within ${window}.`,
      evidence: { above: edge.wide.above, below: edge.wide.below, label, threshold, window },
    };
  }
  const { counts, ratio, chance, placeboRatioMax, isClustered, band } = best;
  const percent = EDGE_BANDS[band];
  const seen = `${counts.below} amounts up to ${percent} % below ${threshold} (${label}) against ${counts.above} up to ${percent} % above it within ${window}`;
  const control = `at amounts that bound nothing the ratio is at most ${rounded(placeboRatioMax)}`;
  return {
    signal: 'clustering',
    verdict: isClustered ? 'alert' : 'usual',
    explanation: `${seen}: a ratio of ${rounded(ratio)}; ${control}. By chance that has a probability of ${rounded(chance)}.`,
    evidence: {
      above: counts.above,
      band_percent: Number(percent),
      below: counts.below,
      label,
      placebo_ratio_max: rounded(placeboRatioMax),
      placebos: placebos.length,
      probability: rounded(chance),
      probability_limit: THRESHOLDS[sensitivity].chance,
      ratio: rounded(ratio),
      threshold,
      window,
    },
  };
}

/** null: too little has been seen. */
function assessBand(
  edge: Edge,
  placebos: readonly Edge[],
  band: EdgeBand,
  sensitivity: Sensitivity,
): BandResult | null {
  const counts = edge[band];
  const controls = upperHalf(
    placebos.map((placebo) => placebo[band]).filter(({ below, above }) => below + above > 0),
  );
  const below = controls.reduce((sum, control) => sum + control.below, 0);
  const above = controls.reduce((sum, control) => sum + control.above, 0);
  if (counts.below + counts.above < SEEN_MIN || below + above < PLACEBO_SEEN_MIN) return null;
  if (controls.length < PLACEBOS_MIN) return null;
  const trials = counts.below + counts.above;
  const once = upperTail({ seen: counts.below, trials, hits: below + 1, misses: above + 1 });
  const limits = THRESHOLDS[sensitivity];
  const own = controls.filter((control) => control.below + control.above >= RATIO_SEEN_MIN).map(ratioOf);
  const placeboRatioMax = Math.max(ratioOf({ below, above }), 1, ...own);
  const chance = Math.min(1, once * 2);
  const ratio = ratioOf(counts);
  const isClustered = chance < limits.chance && ratio >= placeboRatioMax * limits.ratioFactor;
  return { band, counts, ratio, chance, placeboRatioMax, isClustered };
}

/**
 * The half whose ratios are highest: a placebo with a price everybody pays just above it would make any threshold look
 * crowded, and one that happens to lie below somebody else's limit only makes it harder to alert.
 */
function upperHalf(controls: readonly EdgeCounts[]): EdgeCounts[] {
  return [...controls].sort((a, b) => ratioOf(b) - ratioOf(a)).slice(0, Math.ceil(controls.length / 2));
}

/** Half of one is added to each side, so that nothing above is no ratio without end. */
function ratioOf({ below, above }: EdgeCounts): number {
  return (below + 0.5) / (above + 0.5);
}

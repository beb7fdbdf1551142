// velocity/robust-statistics.ts: statistics that a few wild values cannot move. Numbers here are counts and sums for
// judging by, never money to be moved.

/** Of the values in ascending order, the one at that share of the way (nearest rank); undefined of none. */
export function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
}

export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? undefined : (upper + lower) / 2;
}

/** What makes the median absolute deviation of normal values their standard deviation. */
const NORMAL_CONSISTENCY = 1.4826;

/** Spread around the median, in standard deviations where the values are normal; undefined of none. */
export function robustSpread(values: readonly number[]): number | undefined {
  const centre = median(values);
  if (centre === undefined) return undefined;
  const deviation = median(values.map((value) => Math.abs(value - centre)));
  return deviation === undefined ? undefined : deviation * NORMAL_CONSISTENCY;
}

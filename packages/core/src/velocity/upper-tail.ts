// velocity/upper-tail.ts: how likely so many or more would be by chance. Exact sums, no approximation by a normal.

/** P(X >= seen) of a beta-binomial: `trials` draws whose chance is itself known only from `hits` and `misses`. */
export function upperTail({
  seen,
  trials,
  hits,
  misses,
}: {
  readonly seen: number;
  readonly trials: number;
  /** Of the control, with whatever was added to it beforehand; above zero. */
  readonly hits: number;
  readonly misses: number;
}): number {
  if (seen <= 0) return 1;
  if (seen > trials) return 0;
  const prior = logBeta(hits, misses);
  let sum = 0;
  for (let count = trials; count >= seen; count -= 1) {
    const ways = logGamma(trials + 1) - logGamma(count + 1) - logGamma(trials - count + 1);
    sum += Math.exp(ways + logBeta(count + hits, trials - count + misses) - prior);
  }
  return Math.min(1, sum);
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** Natural logarithm of the gamma function, by Stirling's series above 10 and the recurrence below it; above zero. */
export function logGamma(value: number): number {
  let shift = 0;
  let x = value;
  while (x < 10) {
    shift += Math.log(x);
    x += 1;
  }
  const inverse = 1 / x;
  const square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)));
  return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series - shift;
}

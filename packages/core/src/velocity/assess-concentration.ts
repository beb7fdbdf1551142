// velocity/assess-concentration.ts: does a large share of a subject's value fall into one short window? Clause: AG-642 4.9.
// Against its own history, in ratios alone: the same amounts in another unit give the same verdict.
import { median, quantile, robustSpread } from './robust-statistics.ts';
import { rounded, type Sensitivity, THRESHOLDS, type VelocityFinding } from './velocity-finding.ts';

const ACTIVE_WINDOWS_MIN = 8;
/** Values scatter by at least this share of their median, however even the history happens to be. */
const SPREAD_SHARE_MIN = 0.25;
const SEEN_BEFORE_SHARE = 0.99;

export interface ConcentrationInput {
  /** Such as `24 hours`. */
  readonly window: string;
  /** Minor units of one currency, here and below. */
  readonly sum: number;
  /** Sums of earlier windows of the same length; those without a purchase may be left out. */
  readonly history: readonly number[];
  readonly sensitivity: Sensitivity;
}

export function assessConcentration({
  window,
  sum,
  history,
  sensitivity,
}: ConcentrationInput): VelocityFinding {
  const active = history.filter((earlier) => earlier > 0);
  const level = median(active);
  const most = quantile(active, SEEN_BEFORE_SHARE);
  const scatter = robustSpread(active);
  const found = { signal: 'concentration' } as const;
  if (
    level === undefined ||
    most === undefined ||
    scatter === undefined ||
    active.length < ACTIVE_WINDOWS_MIN
  ) {
    return {
      ...found,
      verdict: 'not_enough',
      explanation: `${active.length} earlier windows of ${window} with purchases are too few to call an amount usual; ${ACTIVE_WINDOWS_MIN} are needed.`,
      evidence: { active_windows: active.length, active_windows_needed: ACTIVE_WINDOWS_MIN, window },
    };
  }
  const total = active.reduce((added, earlier) => added + earlier, sum);
  const share = sum / total;
  const score = (sum - level) / Math.max(scatter, level * SPREAD_SHARE_MIN);
  const limits = THRESHOLDS[sensitivity];
  const isConcentrated = sum > most && share >= limits.share && score >= limits.spreads;
  const percent = rounded(share * 100);
  const times = rounded(sum / level);
  return {
    ...found,
    verdict: isConcentrated ? 'alert' : 'usual',
    explanation: isConcentrated
      ? `${percent} % of the value of the whole history falls within ${window}: ${times} times the usual amount of such a window, and more than in any of ${active.length} before.`
      : `${percent} % of the value of the whole history falls within ${window}, ${times} times the usual amount.`,
    evidence: {
      active_windows: active.length,
      median_minor: level,
      most_before_minor: most,
      score: rounded(score),
      score_limit: limits.spreads,
      share: rounded(share),
      share_limit: limits.share,
      sum_minor: sum,
      window,
    },
  };
}

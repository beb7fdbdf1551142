// velocity/assess-frequency.ts: does a subject ask much more often than it ever did? Clause: AG-642 4.9.
// Against its own history: the windows of the same length in which it was active at all, so that quiet nights make
// no ordinary morning look sudden. Robust: earlier bursts do not move the median, and nothing within what was seen before alerts.
import { median, quantile, robustSpread } from './robust-statistics.ts';
import { rounded, type Sensitivity, THRESHOLDS, type VelocityFinding } from './velocity-finding.ts';

/** Active windows before a rate can be called usual. */
const ACTIVE_WINDOWS_MIN = 8;
/** Fewer than this in a window are never sudden. */
const COUNT_MIN = 5;
/** What has been seen before as often as this is not new. */
const SEEN_BEFORE_SHARE = 0.99;

export interface FrequencyInput {
  /** Such as `1 hour`. */
  readonly window: string;
  readonly count: number;
  /** Counts of earlier windows of the same length; those without a request may be left out. */
  readonly history: readonly number[];
  readonly sensitivity: Sensitivity;
}

export function assessFrequency({ window, count, history, sensitivity }: FrequencyInput): VelocityFinding {
  const active = history.filter((earlier) => earlier > 0);
  const level = median(active);
  const most = quantile(active, SEEN_BEFORE_SHARE);
  const scatter = robustSpread(active);
  const found = { signal: 'frequency' } as const;
  if (
    level === undefined ||
    most === undefined ||
    scatter === undefined ||
    active.length < ACTIVE_WINDOWS_MIN
  ) {
    return {
      ...found,
      verdict: 'not_enough',
      explanation: `${active.length} earlier windows of ${window} with requests are too few to call a rate usual; ${ACTIVE_WINDOWS_MIN} are needed.`,
      evidence: { active_windows: active.length, active_windows_needed: ACTIVE_WINDOWS_MIN, count, window },
    };
  }
  // Counts scatter by the root of their level even where the history by chance does not.
  const spread = Math.max(scatter, Math.sqrt(level));
  const score = (count - level) / spread;
  const { spreads } = THRESHOLDS[sensitivity];
  const isSudden = count >= COUNT_MIN && count > most && score >= spreads;
  const usual = `usually ${rounded(level)}, at most ${rounded(most)} in ${active.length} such windows before`;
  return {
    ...found,
    verdict: isSudden ? 'alert' : 'usual',
    explanation: isSudden
      ? `${count} requests within ${window}; ${usual}. That is ${rounded(score)} spreads above the median; ${spreads} are watched for.`
      : `${count} requests within ${window}; ${usual}.`,
    evidence: {
      active_windows: active.length,
      count,
      median: level,
      most_before: most,
      score: rounded(score),
      score_limit: spreads,
      window,
    },
  };
}

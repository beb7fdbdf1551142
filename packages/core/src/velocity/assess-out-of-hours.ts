// velocity/assess-out-of-hours.ts: does a subject ask outside business hours more than it used to? Clause: AG-642 4.9.
// Against its own share of such requests: what always works at night is not unusual at night.
import { upperTail } from './upper-tail.ts';
import { rounded, type Sensitivity, THRESHOLDS, type VelocityFinding } from './velocity-finding.ts';

const HISTORY_MIN = 30;
const COUNT_MIN = 3;

export interface HoursCount {
  readonly outside: number;
  readonly total: number;
}

export interface OutOfHoursInput {
  /** Such as `24 hours`. */
  readonly window: string;
  /** Such as `mon-fri 08:00-18:00 Europe/Berlin`. */
  readonly hours: string;
  readonly seen: HoursCount;
  readonly history: HoursCount;
  readonly sensitivity: Sensitivity;
}

export function assessOutOfHours({
  window,
  hours,
  seen,
  history,
  sensitivity,
}: OutOfHoursInput): VelocityFinding {
  const found = { signal: 'out_of_hours' } as const;
  if (history.total < HISTORY_MIN) {
    return {
      ...found,
      verdict: 'not_enough',
      explanation: `${history.total} earlier requests are too few to know at which hours they usually come; ${HISTORY_MIN} are needed.`,
      evidence: { history_requests: history.total, history_needed: HISTORY_MIN, hours, window },
    };
  }
  // One of each kind is taken as seen: no share is known to be zero.
  const chance = upperTail({
    seen: seen.outside,
    trials: seen.total,
    hits: history.outside + 1,
    misses: history.total - history.outside + 1,
  });
  const limit = THRESHOLDS[sensitivity].chance;
  const isUnusual = seen.outside >= COUNT_MIN && chance < limit;
  const usual = rounded((history.outside / history.total) * 100);
  return {
    ...found,
    verdict: isUnusual ? 'alert' : 'usual',
    explanation: `${seen.outside} of ${seen.total} requests within ${window} came outside ${hours}; usually ${usual} % do. By chance that has a probability of ${rounded(chance)}.`,
    evidence: {
      history_outside: history.outside,
      history_requests: history.total,
      hours,
      outside: seen.outside,
      probability: rounded(chance),
      probability_limit: limit,
      requests: seen.total,
      window,
    },
  };
}

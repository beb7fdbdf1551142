// forecast/project-budget.ts: where a budget will stand at the end of its period, and when it will be used up, by its rate so
// far and by the seasonal forecast. What is pending or committed already counts as used. Clause: AG-642 4.11.
import { type MissingEvidence, forecastUse } from './forecast-use.ts';
import { type DailyUse, sumOf } from './seasonal-rate.ts';

export interface ProjectionInput {
  /** Whole days before today, since the first use. */
  readonly history: DailyUse;
  /** Pending, committed and spent in this period, in minor units. */
  readonly usedMinor: bigint;
  /** null: not known, so nothing says when it is used up. */
  readonly limitMinor: bigint | null;
  /** Days of the period that are left, today included; at least 1. */
  readonly daysLeft: number;
  /** Of today, 0 to 1. */
  readonly shareOfTodayLeft: number;
}

export interface RunRateProjection {
  readonly perDayMinor: bigint;
  /** Days of history it is the mean of. */
  readonly days: number;
  readonly projectedMinor: bigint;
  /** Days from today on which the limit is passed; 0: today; null: not within the period. */
  readonly exhaustedAfterDays: number | null;
}

export interface SeasonalProjection {
  readonly projectedMinor: bigint;
  readonly lowerMinor: bigint;
  readonly upperMinor: bigint;
  readonly exhaustedAfterDays: number | null;
  /** At the upper bound of the interval: sooner than this it is used up in one case of ten. */
  readonly earliestAfterDays: number | null;
  /** At the lower bound. */
  readonly latestAfterDays: number | null;
  readonly errorsSeen: number;
}

export interface Projection {
  /** null: not even a rate can be told. */
  readonly runRate: RunRateProjection | null;
  /** null: the history cannot support one, for `missing`. */
  readonly seasonal: SeasonalProjection | null;
  readonly missing: readonly MissingEvidence[];
}

/** Sums of fractions that miss a whole amount by less than half a minor unit have not passed it. */
const MINOR_UNIT_AT_LEAST = 0.5;
const RATE_DAYS_MAX = 91;
const RATE_DAYS_MIN = 14;

export function projectBudget(input: ProjectionInput): Projection {
  const { history, daysLeft, shareOfTodayLeft } = input;
  const result = forecastUse(history, { days: daysLeft, firstShare: shareOfTodayLeft });
  if (!result.ok) return { runRate: runRate(input), seasonal: null, missing: result.missing };
  const { expected, lower, upper, errorsSeen } = result.forecast;
  const used = Number(input.usedMinor);
  const limit = input.limitMinor === null ? null : Number(input.limitMinor);
  const passedAfter = (path: readonly number[]): number | null => {
    if (limit === null) return null;
    if (used >= limit) return 0;
    const index = path.findIndex((value) => used + value >= limit + MINOR_UNIT_AT_LEAST);
    return index === -1 ? null : index;
  };
  const projected = (path: readonly number[]): bigint => input.usedMinor + minorOf(path.at(-1) ?? 0);
  return {
    runRate: runRate(input),
    seasonal: {
      projectedMinor: projected(expected),
      lowerMinor: projected(lower),
      upperMinor: projected(upper),
      exhaustedAfterDays: passedAfter(expected),
      earliestAfterDays: passedAfter(upper),
      latestAfterDays: passedAfter(lower),
      errorsSeen,
    },
    missing: [],
  };
}

function runRate({
  history,
  usedMinor,
  limitMinor,
  daysLeft,
  shareOfTodayLeft,
}: ProjectionInput): RunRateProjection | null {
  const recent = history.values.slice(-RATE_DAYS_MAX);
  if (recent.length < RATE_DAYS_MIN) return null;
  const perDay = Math.max(0, sumOf(recent) / recent.length);
  const ahead = daysLeft - 1 + shareOfTodayLeft;
  const room = limitMinor === null ? Infinity : Number(limitMinor - usedMinor);
  // The room is passed on the day whose own use reaches beyond it: today is worth only what is left of it.
  const passed = Math.max(0, Math.floor(room / perDay - shareOfTodayLeft) + 1);
  const isExhausted = room <= 0 || (perDay > 0 && perDay * ahead > room);
  return {
    perDayMinor: minorOf(perDay),
    days: recent.length,
    projectedMinor: usedMinor + minorOf(perDay * ahead),
    exhaustedAfterDays: isExhausted ? (room <= 0 ? 0 : Math.min(passed, daysLeft - 1)) : null,
  };
}

function minorOf(value: number): bigint {
  return BigInt(Math.round(value));
}

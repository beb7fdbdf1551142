// forecast/forecast-use.ts: how much a budget will be used by in the days to come: expected, and an 80 % interval. Pure and
// deterministic. Clause: AG-642 4.11. The interval comes from the errors the same method has made on the same history
// before (conformal), so it claims no more than it has shown; where there is too little to learn from, it says what is missing.
import { type DailyUse, seasonalRate, sumOf } from './seasonal-rate.ts';

export const INTERVAL_SHARE = 0.8;

/** What is missing for a forecast. Data, not an error. */
export interface MissingEvidence {
  readonly code: 'history_too_short' | 'too_few_days_with_use' | 'horizon_too_long';
  readonly message: string;
}

export interface UseForecast {
  /** Used up to and with the n-th day to come (index 0: the first); so are the bounds, which hold 80 %. */
  readonly expected: readonly number[];
  readonly lower: readonly number[];
  readonly upper: readonly number[];
  /** Forecasts of the past that the interval was learnt from. */
  readonly errorsSeen: number;
}

export type UseForecastResult =
  | { readonly ok: true; readonly forecast: UseForecast }
  | { readonly ok: false; readonly missing: readonly MissingEvidence[] };

const HISTORY_DAYS_MIN = 90;
const ACTIVE_DAYS_MIN = 15;
/** A forecast reaches no further ahead than twice what is known. */
const REACH = 2;

/** Origins of forecasts of the past: each is made with what was known then. */
const ORIGIN_STEP_DAYS = 14;
const ORIGIN_KNOWN_DAYS_MIN = 30;
const ORIGIN_MEMORY_DAYS = 730;
const ERROR_HORIZONS = [10, 20, 30] as const;
/** How errors grow with the days ahead: between chance alone (a half) and a wrong level (one). */
const ERROR_GROWTH = 0.75;

/** `history`: whole days; the first day to come follows it. `firstShare`: how much of that day is still to come, 0 to 1. */
export function forecastUse(
  history: DailyUse,
  { days, firstShare = 1 }: { readonly days: number; readonly firstShare?: number },
): UseForecastResult {
  const missing = missingFor(history, days);
  if (missing.length > 0) return { ok: false, missing };
  const { values, firstDay } = history;
  const rate = seasonalRate(history, values.length);
  const errors = standardErrors(history);
  const [low, high] = quantilesOf(errors);
  const expected: number[] = [];
  let sum = 0;
  for (let index = 0; index < days; index += 1) {
    sum += rate.rateOn(firstDay + values.length + index) * (index === 0 ? firstShare : 1);
    expected.push(sum);
  }
  const widthOf = (index: number): number => rate.roughness * (index + firstShare) ** ERROR_GROWTH;
  return {
    ok: true,
    forecast: {
      expected,
      // What is used is seldom given back: a refund may come, but nothing is planned on one.
      lower: expected.map((value, index) => Math.max(0, value + low * widthOf(index))),
      upper: expected.map((value, index) => value + high * widthOf(index)),
      errorsSeen: errors.length,
    },
  };
}

function missingFor({ values }: DailyUse, days: number): MissingEvidence[] {
  const missing: MissingEvidence[] = [];
  const active = values.filter((value) => value > 0).length;
  if (values.length < HISTORY_DAYS_MIN) {
    const message = `The history has ${values.length} days since the first use; ${HISTORY_DAYS_MIN} are needed.`;
    missing.push({ code: 'history_too_short', message });
  }
  if (active < ACTIVE_DAYS_MIN) {
    const message = `It was used on ${active} days; ${ACTIVE_DAYS_MIN} are needed.`;
    missing.push({ code: 'too_few_days_with_use', message });
  }
  if (days > values.length * REACH) {
    const message = `The forecast would reach ${days} days ahead, and the history has ${values.length}: at most ${REACH} times as many are supported.`;
    missing.push({ code: 'horizon_too_long', message });
  }
  return missing;
}

/** Actual less forecast, in units of the roughness then and the days ahead. */
function standardErrors(history: DailyUse): number[] {
  const { values, firstDay } = history;
  const errors: number[] = [];
  const earliest = Math.max(ORIGIN_KNOWN_DAYS_MIN, values.length - ORIGIN_MEMORY_DAYS);
  for (let origin = values.length - ERROR_HORIZONS[0]; origin >= earliest; origin -= ORIGIN_STEP_DAYS) {
    const rate = seasonalRate(history, origin);
    if (rate.roughness === 0) continue; // nothing had been used by then
    for (const days of ERROR_HORIZONS) {
      if (origin + days > values.length) continue;
      let expected = 0;
      for (let index = 0; index < days; index += 1) expected += rate.rateOn(firstDay + origin + index);
      const actual = sumOf(values.slice(origin, origin + days));
      errors.push((actual - expected) / (rate.roughness * days ** ERROR_GROWTH));
    }
  }
  return errors;
}

/** A tenth of the errors on each side, erring to the wider; the expectation is always inside. */
function quantilesOf(errors: readonly number[]): [low: number, high: number] {
  const sorted = [...errors].sort((a, b) => a - b);
  const count = sorted.length;
  const tail = (1 - INTERVAL_SHARE) / 2;
  const low = sorted[Math.max(0, Math.floor((count + 1) * tail) - 1)] ?? 0;
  const high = sorted[Math.min(count - 1, Math.ceil((count + 1) * (1 - tail)) - 1)] ?? 0;
  return [Math.min(0, low), Math.max(0, high)];
}

// forecast/seasonal-rate.ts: how much a budget is used by on a given day: a level that forgets, times the habits of its weekdays
// and months. Amounts are numbers in minor units, for projecting alone, never money to be moved.
// Constants were chosen on the years before those that the back-test reports: see bench/forecast.ts.

/** One value a day, oldest first. `firstDay`: days since 1970-01-01 of the first. */
export interface DailyUse {
  readonly firstDay: number;
  readonly values: readonly number[];
}

export interface SeasonalRate {
  /** Expected use of a day (days since 1970-01-01); never below zero. */
  rateOn(day: number): number;
  /** Root of the mean square of a day's use over the last year: how lumpy it is. */
  readonly roughness: number;
}

const MEMORY_DAYS = 730;
const YEAR_DAYS = 365;
/** Days after which a day weighs half in the level. */
const HALF_LIFE_DAYS = 45;
/** Weeks, and days of a month, of the plain mean that are mixed in, so that little evidence moves little. */
const WEEKDAY_PRIOR_WEEKS = 4;
const MONTH_PRIOR_DAYS = 100;
/** Of the days with use the largest twentieth counts as its edge: a purchase of once a decade is no rate. */
const CLIPPED_SHARE = 0.95;
const CLIPPED_ACTIVE_MIN = 11;

/** Of what was known when the first `knownDays` of the values had passed; at least one. */
export function seasonalRate({ firstDay, values }: DailyUse, knownDays: number): SeasonalRate {
  const from = Math.max(0, knownDays - MEMORY_DAYS);
  const known = values.slice(from, knownDays);
  const clipped = clip(known);
  const start = firstDay + from;
  const mean = sumOf(clipped) / clipped.length;
  const lastYear = known.slice(-YEAR_DAYS);
  const roughness = Math.sqrt(sumOf(lastYear.map((value) => value * value)) / lastYear.length);
  if (mean <= 0) return { rateOn: () => 0, roughness };
  const weekdays = weekdayFactors(clipped, start, mean);
  const months = known.length < YEAR_DAYS ? null : monthFactors(clipped, start, mean);
  const factorOn = (day: number): number => (weekdays[weekdayOf(day)] ?? 1) * (months?.[monthOf(day)] ?? 1);
  let [used, expected, weight] = [0, 0, 1];
  const fading = 0.5 ** (1 / HALF_LIFE_DAYS);
  for (let index = clipped.length - 1; index >= 0; index -= 1) {
    used += weight * (clipped[index] ?? 0);
    expected += weight * factorOn(start + index);
    weight *= fading;
  }
  const level = expected > 0 ? Math.max(0, used / expected) : 0;
  return { rateOn: (day) => level * factorOn(day), roughness };
}

function clip(values: readonly number[]): number[] {
  const active = values.filter((value) => value > 0).sort((a, b) => a - b);
  if (active.length < CLIPPED_ACTIVE_MIN) return [...values];
  const edge = active[Math.ceil(active.length * CLIPPED_SHARE) - 1] ?? Infinity;
  return values.map((value) => Math.min(value, edge));
}

function weekdayFactors(values: readonly number[], start: number, mean: number): number[] {
  return groupedMeans(values, 7, (index) => weekdayOf(start + index), mean, WEEKDAY_PRIOR_WEEKS);
}

function monthFactors(values: readonly number[], start: number, mean: number): number[] {
  return groupedMeans(values, 12, (index) => monthOf(start + index), mean, MONTH_PRIOR_DAYS);
}

/** Each group's mean as a share of the whole mean, drawn towards 1 by `prior` values of the mean itself; never below zero. */
function groupedMeans(
  values: readonly number[],
  groups: number,
  groupOf: (index: number) => number,
  mean: number,
  prior: number,
): number[] {
  const sums = new Array<number>(groups).fill(mean * prior);
  const counts = new Array<number>(groups).fill(prior);
  values.forEach((value, index) => {
    const group = groupOf(index);
    sums[group] = (sums[group] ?? 0) + value;
    counts[group] = (counts[group] ?? 0) + 1;
  });
  return sums.map((sum, group) => Math.max(0, sum / ((counts[group] ?? 1) * mean)));
}

/** 0 is Monday; 1970-01-01 was a Thursday. */
function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

/** 0 is January. By the Gregorian calendar in years that begin on 1 March, as a date for each day costs too much. */
export function monthOf(day: number): number {
  const shifted = day + 719_468; // days since 0000-03-01
  const dayOfEra = shifted - Math.floor(shifted / 146_097) * 146_097;
  const century =
    Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - century) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  return (Math.floor((5 * dayOfYear + 2) / 153) + 2) % 12;
}

export function sumOf(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

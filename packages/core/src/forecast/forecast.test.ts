import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { forecastUse } from './forecast-use.ts';
import { projectBudget } from './project-budget.ts';
import { monthOf, seasonalRate } from './seasonal-rate.ts';

/** 2026-01-05, a Monday. */
const MONDAY = 20_458;

const histories = fc
  .array(fc.integer({ min: 0, max: 100_000 }), { minLength: 90, maxLength: 400 })
  .filter((values) => values.filter((value) => value > 0).length >= 15)
  .map((values) => ({ firstDay: MONDAY, values }));

function constant(value: number, days: number) {
  return { firstDay: MONDAY, values: Array.from({ length: days }, () => value) };
}

describe('the month of a day', () => {
  it('is that of the calendar', () => {
    for (let day = -40_000; day < 80_000; day += 1) {
      if (monthOf(day) !== new Date(day * 86_400_000).getUTCMonth()) throw new Error(`day ${day}`);
    }
  });
});

describe('the seasonal rate', () => {
  it('is the level of a constant history, on every day', () => {
    const rate = seasonalRate(constant(500, 800), 800);
    for (let day = 0; day < 40; day += 1) expect(rate.rateOn(MONDAY + 800 + day)).toBeCloseTo(500, 6);
  });

  it('knows weekdays and months, and a new level sooner than an old one', () => {
    const offices = Array.from({ length: 364 }, (_, index) => (index % 7 < 5 ? 700 : 0));
    const rate = seasonalRate({ firstDay: MONDAY, values: offices }, 364);
    expect(rate.rateOn(MONDAY + 364)).toBeGreaterThan(600);
    expect(rate.rateOn(MONDAY + 364 + 5)).toBeLessThan(100);
    const doubled = [...constant(100, 300).values, ...constant(200, 90).values];
    expect(seasonalRate({ firstDay: MONDAY, values: doubled }, 390).rateOn(MONDAY + 390)).toBeGreaterThan(
      170,
    );
    const july = Array.from({ length: 730 }, (_, index) =>
      new Date((MONDAY + index) * 86_400_000).getUTCMonth() === 6 ? 900 : 300,
    );
    const summer = seasonalRate({ firstDay: MONDAY, values: july }, 730);
    const nextJuly = 20_454 + 365 * 2 + 185;
    expect(summer.rateOn(nextJuly)).toBeGreaterThan(summer.rateOn(nextJuly - 100) * 1.15);
  });
});

describe('a forecast', () => {
  it('widens with its horizon, and holds its own expectation', () => {
    fc.assert(
      fc.property(
        histories,
        fc.integer({ min: 2, max: 120 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (history, days, firstShare) => {
          const result = forecastUse(history, { days, firstShare });
          if (!result.ok) throw new Error('it has enough history');
          const { expected, lower, upper } = result.forecast;
          for (let index = 0; index < days; index += 1) {
            const [low = NaN, middle = NaN, high = NaN] = [lower[index], expected[index], upper[index]];
            expect(low).toBeLessThanOrEqual(middle);
            expect(high).toBeGreaterThanOrEqual(middle);
            if (index === 0) continue;
            expect(middle).toBeGreaterThanOrEqual(expected[index - 1] ?? 0);
            expect(high).toBeGreaterThanOrEqual(upper[index - 1] ?? 0);
            const before = (upper[index - 1] ?? 0) - (lower[index - 1] ?? 0);
            expect(high - low).toBeGreaterThanOrEqual(before - 1e-6 * Math.max(1, before));
          }
        },
      ),
    );
  });

  it('scales with the amounts', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 0, max: 12 }), (history, power) => {
        const scale = 2 ** power;
        const one = forecastUse(history, { days: 30 });
        const other = forecastUse(
          { ...history, values: history.values.map((value) => value * scale) },
          { days: 30 },
        );
        if (!one.ok || !other.ok) throw new Error('it has enough history');
        expect(other.forecast.upper[29]).toBeCloseTo((one.forecast.upper[29] ?? 0) * scale, -4);
        expect(other.forecast.expected[29]).toBeCloseTo((one.forecast.expected[29] ?? 0) * scale, -4);
      }),
    );
  });

  it('is certain of what has never varied', () => {
    const result = forecastUse(constant(500, 200), { days: 10 });
    if (!result.ok) throw new Error('it has enough history');
    expect(result.forecast.upper[9]).toBeCloseTo(5_000, 4);
    expect(result.forecast.lower[9]).toBeCloseTo(5_000, 4);
  });

  it('says what is missing', () => {
    const short = forecastUse(constant(500, 40), { days: 100 });
    expect(short.ok ? [] : short.missing.map(({ code }) => code)).toEqual([
      'history_too_short',
      'horizon_too_long',
    ]);
    const seldom = {
      firstDay: MONDAY,
      values: Array.from({ length: 200 }, (_, day) => (day % 40 === 0 ? 9 : 0)),
    };
    const rare = forecastUse(seldom, { days: 10 });
    expect(rare.ok ? [] : rare.missing.map(({ code }) => code)).toEqual(['too_few_days_with_use']);
  });
});

describe('a projection', () => {
  const input = {
    history: constant(1_000, 200),
    usedMinor: 10_000n,
    limitMinor: 30_000n,
    daysLeft: 31,
    shareOfTodayLeft: 1,
  };

  it('counts what is used already, and names the day on which the limit is passed', () => {
    const { runRate, seasonal } = projectBudget(input);
    expect(runRate).toEqual({
      perDayMinor: 1_000n,
      days: 91,
      projectedMinor: 41_000n,
      exhaustedAfterDays: 20,
    });
    expect(seasonal).toMatchObject({ projectedMinor: 41_000n, exhaustedAfterDays: 20 });
    const roomy = projectBudget({ ...input, limitMinor: 41_000n });
    expect(roomy.runRate?.exhaustedAfterDays).toBeNull();
    expect(projectBudget({ ...input, limitMinor: 10_000n }).runRate?.exhaustedAfterDays).toBe(0);
    expect(projectBudget({ ...input, limitMinor: 10_000n }).seasonal?.exhaustedAfterDays).toBe(0);
  });

  it('is sooner with less room, and never sooner than its earliest or later than its latest', () => {
    fc.assert(
      fc.property(
        histories,
        fc.bigInt(0n, 3_000_000n),
        fc.bigInt(0n, 100_000n),
        (history, limitMinor, less) => {
          const of = (limit: bigint) =>
            projectBudget({ ...input, history, usedMinor: 0n, limitMinor: limit }).seasonal;
          const wide = of(limitMinor + less);
          const tight = of(limitMinor);
          const day = (after: number | null | undefined) => after ?? 1_000;
          expect(day(tight?.exhaustedAfterDays)).toBeLessThanOrEqual(day(wide?.exhaustedAfterDays));
          expect(day(tight?.earliestAfterDays)).toBeLessThanOrEqual(day(tight?.exhaustedAfterDays));
          expect(day(tight?.exhaustedAfterDays)).toBeLessThanOrEqual(day(tight?.latestAfterDays));
        },
      ),
    );
  });

  it('is told without a limit, and then nothing says when it is used up', () => {
    const { runRate, seasonal } = projectBudget({ ...input, limitMinor: null });
    expect(runRate).toMatchObject({ projectedMinor: 41_000n, exhaustedAfterDays: null });
    expect(seasonal).toMatchObject({
      projectedMinor: 41_000n,
      exhaustedAfterDays: null,
      earliestAfterDays: null,
      latestAfterDays: null,
    });
  });

  it('is a rate alone, or nothing, where the history is short', () => {
    expect(projectBudget({ ...input, history: constant(1_000, 20) })).toMatchObject({
      runRate: { perDayMinor: 1_000n },
      seasonal: null,
      missing: [{ code: 'history_too_short' }],
    });
    expect(projectBudget({ ...input, history: constant(1_000, 5) }).runRate).toBeNull();
  });
});

import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import {
  WEEKDAYS,
  ageInDays,
  isTimeZone,
  periodContaining,
  utcWeekdayAndMinute,
  zonedWeekdayAndMinute,
} from './calendar.ts';
import type { CalendarPeriodKind } from './calendar.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const kinds: CalendarPeriodKind[] = ['day', 'week', 'month', 'quarter', 'year'];

// Zones whose clocks did something unusual, ahead of all others the runtime lists.
const unusualZones = [
  'America/Sao_Paulo', // forward at midnight until 2018
  'Asia/Beirut', // forward at midnight
  'Africa/Cairo', // forward at midnight on a Friday
  'America/Havana',
  'America/Asuncion',
  'Asia/Amman',
  'Asia/Gaza',
  'America/St_Johns', // back from 00:01 to 23:01 of the day before until 2011
  'Pacific/Apia', // no 30 December 2011
  'Pacific/Kwajalein', // no 21 August 1993
  'Australia/Lord_Howe', // half an hour of daylight saving
  'Asia/Kathmandu',
  'Pacific/Chatham',
  'Antarctica/Troll', // two hours of daylight saving
  'Africa/Casablanca', // standard time during Ramadan
  'Africa/Monrovia', // seconds in its offset until 1972
  'America/Toronto', // forward at 23:30 in 1919
  'UTC',
];
const zones = [...unusualZones, ...Intl.supportedValuesOf('timeZone')];
const anyZone = fc.oneof(fc.constantFrom(...unusualZones), fc.constantFrom(...zones));
const anyInstant = fc.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2100, 0, 1) });

function firstDateOf(kind: CalendarPeriodKind, date: Temporal.PlainDate): Temporal.PlainDate {
  if (kind === 'day') return date;
  if (kind === 'week') return date.subtract({ days: date.dayOfWeek - 1 });
  if (kind === 'month') return date.with({ day: 1 });
  if (kind === 'quarter') return date.with({ day: 1, month: date.month - ((date.month - 1) % 3) });
  return date.with({ day: 1, month: 1 });
}

const lengths: Record<CalendarPeriodKind, Temporal.DurationLike> = {
  day: { days: 1 },
  week: { days: 7 },
  month: { months: 1 },
  quarter: { months: 3 },
  year: { years: 1 },
};

function startOf(date: Temporal.PlainDate, timeZone: string): number {
  return date.toZonedDateTime(timeZone).epochMilliseconds;
}

// The period by Temporal: the last one whose first instant is not after `at`.
function oracle(kind: CalendarPeriodKind, timeZone: string, at: number): { startMs: number; endMs: number } {
  const date = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDate();
  let first = firstDateOf(kind, date);
  let next = first.add(lengths[kind]);
  while (startOf(next, timeZone) <= at) [first, next] = [next, next.add(lengths[kind])];
  return { startMs: startOf(first, timeZone), endMs: startOf(next, timeZone) };
}

function dayOf(timeZone: string, instant: string): { start: string; end: string; hours: number } {
  const period = periodContaining({ period: 'day', timeZone, at: Date.parse(instant) })!;
  return {
    start: new Date(period.startMs).toISOString(),
    end: new Date(period.endMs!).toISOString(),
    hours: (period.endMs! - period.startMs) / HOUR_MS,
  };
}

describe('periodContaining', () => {
  it('agrees with Temporal in every zone, for every calendar period', () => {
    fc.assert(
      fc.property(anyZone, fc.constantFrom(...kinds), anyInstant, (timeZone, period, at) => {
        expect(periodContaining({ period, timeZone, at })).toEqual(oracle(period, timeZone, at));
      }),
      { numRuns: 1_500 },
    );
  });

  it('agrees with Temporal within two hours of every change of the clocks', () => {
    for (const timeZone of unusualZones) {
      let moment = Temporal.ZonedDateTime.from(`1900-01-01T00:00[${timeZone}]`);
      for (;;) {
        const next = moment.getTimeZoneTransition('next');
        if (next === null || next.year > 2030) break;
        for (const distance of [-2 * HOUR_MS, -30 * 60_000, -1, 0, 1, 30 * 60_000, 2 * HOUR_MS]) {
          const at = next.epochMilliseconds + distance;
          expect(periodContaining({ period: 'day', timeZone, at }), `${timeZone} ${at}`).toEqual(
            oracle('day', timeZone, at),
          );
        }
        moment = next;
      }
    }
  });

  it('always contains its instant, and the next period starts where it ends', () => {
    fc.assert(
      fc.property(anyZone, fc.constantFrom(...kinds), anyInstant, (timeZone, period, at) => {
        const found = periodContaining({ period, timeZone, at })!;
        expect(found.startMs <= at && at < found.endMs!).toBe(true);
        expect(periodContaining({ period, timeZone, at: found.endMs! })!.startMs).toBe(found.endMs);
        expect(periodContaining({ period, timeZone, at: found.startMs - 1 })!.endMs).toBe(found.startMs);
      }),
      { numRuns: 300 },
    );
  });

  it('gives the same answer whatever was asked before', () => {
    const query = fc.record({ timeZone: fc.constantFrom('Europe/Zurich', 'Asia/Beirut'), at: anyInstant });
    fc.assert(
      fc.property(fc.array(query, { maxLength: 8 }), (queries) => {
        for (const { timeZone, at } of queries) {
          for (const period of kinds) {
            expect(periodContaining({ period, timeZone, at })).toEqual(oracle(period, timeZone, at));
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['Europe/Zurich', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00.000Z', 23],
    ['Europe/Zurich', '2026-10-25T12:00:00Z', '2026-10-24T22:00:00.000Z', 25],
    ['America/Sao_Paulo', '2018-11-04T12:00:00Z', '2018-11-04T03:00:00.000Z', 23],
    ['Asia/Beirut', '2022-03-27T12:00:00Z', '2022-03-26T22:00:00.000Z', 23],
    ['Africa/Cairo', '2023-04-28T12:00:00Z', '2023-04-27T22:00:00.000Z', 23],
    ['America/Toronto', '1919-03-31T12:00:00Z', '1919-03-31T04:30:00.000Z', 23.5],
    ['UTC', '2016-12-31T23:59:59.999Z', '2016-12-31T00:00:00.000Z', 24],
  ])('the day in %s at %s starts at %s and has %d hours', (timeZone, instant, start, hours) => {
    expect(dayOf(timeZone, instant)).toMatchObject({ start, hours });
  });

  it('keeps a day begun when the clocks go back over midnight into the day before', () => {
    // St John's 2010-11-07: 00:01 became 23:01 of the 6th again; 02:45Z is in that second 23:00 hour.
    expect(dayOf('America/St_Johns', '2010-11-07T02:45:00Z')).toEqual({
      start: '2010-11-07T02:30:00.000Z',
      end: '2010-11-08T03:30:00.000Z',
      hours: 25,
    });
  });

  it('leaves out a day that a zone skipped', () => {
    expect(dayOf('Pacific/Apia', '2011-12-30T09:59:59Z').end).toBe('2011-12-30T10:00:00.000Z');
    expect(dayOf('Pacific/Apia', '2011-12-30T10:00:00Z').end).toBe('2011-12-31T10:00:00.000Z');
  });

  it('starts weeks on Monday and quarters in January, April, July and October', () => {
    const at = Date.UTC(2026, 7, 16, 23, 59); // a Sunday in August
    expect(periodContaining({ period: 'week', timeZone: 'UTC', at })).toEqual({
      startMs: Date.UTC(2026, 7, 10),
      endMs: Date.UTC(2026, 7, 17),
    });
    expect(periodContaining({ period: 'quarter', timeZone: 'UTC', at })).toEqual({
      startMs: Date.UTC(2026, 6, 1),
      endMs: Date.UTC(2026, 9, 1),
    });
  });

  it('knows fixed and lifetime periods', () => {
    const fixed = { period: 'fixed', timeZone: 'UTC', startsAt: 1_000, endsAt: 2_000 } as const;
    expect(periodContaining({ ...fixed, at: 999 })).toBeUndefined();
    expect(periodContaining({ ...fixed, at: 1_000 })).toEqual({ startMs: 1_000, endMs: 2_000 });
    expect(periodContaining({ ...fixed, at: 1_999 })).toEqual({ startMs: 1_000, endMs: 2_000 });
    expect(periodContaining({ ...fixed, at: 2_000 })).toBeUndefined();
    expect(periodContaining({ period: 'fixed', timeZone: 'UTC', startsAt: 0, at: 1 })).toBeUndefined();

    const lifetime = { period: 'lifetime', timeZone: 'UTC' } as const;
    expect(periodContaining({ ...lifetime, at: 5 })).toEqual({ startMs: 0, endMs: null });
    expect(periodContaining({ ...lifetime, at: -1 })).toBeUndefined();
    expect(periodContaining({ ...lifetime, startsAt: 3, at: 2 })).toBeUndefined();
    expect(periodContaining({ ...lifetime, startsAt: 3, at: 3 })).toEqual({ startMs: 3, endMs: null });
  });

  it('has no calendar period outside the bounds, and does not cut the one at them', () => {
    const startsAt = Date.UTC(2026, 4, 15);
    const endsAt = Date.UTC(2026, 4, 20);
    const query = { period: 'month', timeZone: 'UTC', startsAt, endsAt } as const;
    expect(periodContaining({ ...query, at: startsAt - 1 })).toBeUndefined();
    expect(periodContaining({ ...query, at: endsAt })).toBeUndefined();
    expect(periodContaining({ ...query, at: startsAt })).toEqual({
      startMs: Date.UTC(2026, 4, 1),
      endMs: Date.UTC(2026, 5, 1),
    });
  });

  it('stops on an instant that is none', () => {
    for (const at of [NaN, Infinity, -Infinity, 8.64e15]) {
      expect(() => periodContaining({ period: 'day', timeZone: 'UTC', at })).toThrow(RangeError);
    }
  });
});

describe('isTimeZone', () => {
  it.each([
    'UTC',
    'GMT',
    'Europe/Zurich',
    'europe/zurich',
    'America/Argentina/Buenos_Aires',
    'Etc/GMT+5',
    'Asia/Kolkata',
  ])('knows %s', (text) => {
    expect(isTimeZone(text)).toBe(true);
  });

  it.each([
    '',
    ' UTC',
    'UTC\n',
    'Mars/Phobos',
    '+01:00',
    'IST',
    'pst',
    'CST',
    'GMT+5',
    'Europe/Zürich',
    'SystemV/PST8',
    'x'.repeat(5_000),
  ])('does not know %j', (text) => {
    expect(isTimeZone(text)).toBe(false);
  });

  it('knows every zone the runtime lists', () => {
    for (const zone of zones) expect(isTimeZone(zone), zone).toBe(true);
  });
});

describe('weekday and minute', () => {
  it('agrees with Temporal in every zone', () => {
    fc.assert(
      fc.property(anyZone, anyInstant, (timeZone, ms) => {
        const zoned = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone);
        expect(zonedWeekdayAndMinute(ms, timeZone)).toEqual({
          weekday: WEEKDAYS[zoned.dayOfWeek - 1],
          minuteOfDay: zoned.hour * 60 + zoned.minute,
        });
        expect(utcWeekdayAndMinute(ms)).toEqual(zonedWeekdayAndMinute(ms, 'UTC'));
      }),
      { numRuns: 500 },
    );
  });

  it('is exact to the minute at its edges', () => {
    expect(utcWeekdayAndMinute(Date.UTC(2026, 4, 1, 20, 0, 0) - 1)).toEqual({
      weekday: 'fri',
      minuteOfDay: 1199,
    });
    expect(utcWeekdayAndMinute(Date.UTC(2026, 4, 1, 20, 0, 0))).toEqual({
      weekday: 'fri',
      minuteOfDay: 1200,
    });
    expect(utcWeekdayAndMinute(-1)).toEqual({ weekday: 'wed', minuteOfDay: 1439 });
  });
});

describe('ageInDays', () => {
  const now = Date.UTC(2026, 4, 31, 0, 30);

  it.each([
    ['2026-05-31', 0],
    ['2026-05-30', 1],
    ['2026-05-01', 30],
    ['2024-02-29', 822],
    ['2026-05-30T23:59:59Z', 1],
    ['2026-05-30t23:59:59.123456z', 1],
    ['2026-05-31T02:00:00+09:00', 1],
    ['2026-05-30T20:00:00-05:00', 0],
    ['2026-05-31T00:30Z', 0],
    ['2026-06-01', 0], // already tomorrow where it was written
  ])('of %s is %i', (text, age) => {
    expect(ageInDays(text, now)).toBe(age);
  });

  it.each([
    '',
    'yesterday',
    '2026-06-02',
    '2026-06-01T00:00:00Z',
    '2026-02-29',
    '2026-02-30',
    '2026-13-01',
    '2026-00-10',
    '2026-01-00',
    '0050-01-01',
    '2026-5-1',
    '20260501',
    '05/01/2026',
    '2026-05-01T09:30:00',
    '2026-05-01T24:00:00Z',
    '2026-05-01T09:60:00Z',
    '2026-05-01T09:30:60Z',
    '2026-05-01T09:30:00+24:00',
    '2026-05-01 09:30:00Z',
    ' 2026-05-01',
    '2026-05-01\n',
    '+002026-05-01',
  ])('of %j is unknown', (text) => {
    expect(ageInDays(text, now)).toBeUndefined();
  });

  it('is never less than the elapsed whole days, nor a full day more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: now }), (from) => {
        const age = ageInDays(new Date(from).toISOString(), now)!;
        const elapsed = (now - from) / DAY_MS;
        expect(age >= Math.floor(elapsed) && age < elapsed + 1).toBe(true);
      }),
    );
  });
});

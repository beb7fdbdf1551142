import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WEEKDAYS, utcWeekdayAndMinute } from './calendar.ts';
import type { Weekday } from './calendar.ts';
import { MINUTES_PER_DAY, WHOLE_DAY, isWithinWindow, parseTimeWindow, parseWeekday } from './time-window.ts';

const anyWeekday = fc.constantFrom(...WEEKDAYS);
const anyDays = fc.uniqueArray(anyWeekday).map((days) => new Set(days));
const anyMinute = fc.integer({ min: 0, max: MINUTES_PER_DAY - 1 });

function clock(minute: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

function isInside(hours: string, days: Weekday[], weekday: Weekday, time: string): boolean {
  const parsed = parseTimeWindow(hours);
  if (!parsed.ok) throw new Error(parsed.message);
  const [hour, minute] = time.split(':').map(Number);
  return isWithinWindow({
    allowedDays: new Set(days),
    window: parsed.window,
    weekday,
    minuteOfDay: hour! * 60 + minute!,
  });
}

describe('parseTimeWindow', () => {
  it.each([
    ['09:00-17:00', 540, 1020],
    ['00:00-24:00', 0, 1440],
    ['22:00-06:00', 1320, 360],
    ['22:00-24:00', 1320, 1440],
    ['22:00-00:00', 1320, 0],
    ['00:00-00:01', 0, 1],
  ])('reads %s', (text, startMinute, endMinute) => {
    expect(parseTimeWindow(text)).toEqual({ ok: true, window: { startMinute, endMinute } });
  });

  it.each([
    ['09:00-09:00', 'time_window_empty'],
    ['00:00-00:00', 'time_window_empty'],
    ['24:00-06:00', 'time_window_malformed'],
    ['09:00-24:01', 'time_window_malformed'],
    ['9:00-17:00', 'time_window_malformed'],
    ['09:00 - 17:00', 'time_window_malformed'],
    ['09:00-17:00\n', 'time_window_malformed'],
    ['09:60-17:00', 'time_window_malformed'],
    ['25:00-17:00', 'time_window_malformed'],
    ['09:00–17:00', 'time_window_malformed'],
    ['09:00', 'time_window_malformed'],
    ['', 'time_window_malformed'],
  ])('refuses %j as %s', (text, code) => {
    expect(parseTimeWindow(text)).toMatchObject({ ok: false, code });
  });

  it('reads every pair of different times back', () => {
    fc.assert(
      fc.property(anyMinute, fc.integer({ min: 0, max: MINUTES_PER_DAY }), (startMinute, endMinute) => {
        fc.pre(startMinute !== endMinute);
        const parsed = parseTimeWindow(`${clock(startMinute)}-${clock(endMinute)}`);
        expect(parsed).toEqual({ ok: true, window: { startMinute, endMinute } });
      }),
    );
  });
});

describe('parseWeekday', () => {
  it('reads mon to sun in any case, and nothing else', () => {
    for (const weekday of WEEKDAYS) {
      expect(parseWeekday(weekday)).toBe(weekday);
      expect(parseWeekday(weekday.toUpperCase())).toBe(weekday);
    }
    for (const text of ['', 'monday', 'mo', ' mon', 'mon ', 'm\u{2134}n', '1'])
      expect(parseWeekday(text)).toBeUndefined();
  });
});

describe('isWithinWindow', () => {
  const workdays: Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri'];

  it.each<[string, Weekday[], Weekday, string, boolean]>([
    ['08:00-20:00', workdays, 'mon', '07:59', false],
    ['08:00-20:00', workdays, 'mon', '08:00', true],
    ['08:00-20:00', workdays, 'fri', '19:59', true],
    ['08:00-20:00', workdays, 'fri', '20:00', false],
    ['08:00-20:00', workdays, 'sat', '12:00', false],
    ['22:00-06:00', ['fri'], 'fri', '21:59', false],
    ['22:00-06:00', ['fri'], 'fri', '22:00', true],
    ['22:00-06:00', ['fri'], 'sat', '02:00', true],
    ['22:00-06:00', ['fri'], 'sat', '05:59', true],
    ['22:00-06:00', ['fri'], 'sat', '06:00', false],
    ['22:00-06:00', ['fri'], 'sat', '22:00', false],
    ['22:00-06:00', ['fri'], 'fri', '02:00', false],
    ['22:00-06:00', ['sun'], 'mon', '00:00', true],
    ['22:00-06:00', ['mon'], 'mon', '00:00', false],
    ['22:00-24:00', ['fri'], 'fri', '23:59', true],
    ['22:00-24:00', ['fri'], 'sat', '00:00', false],
    ['22:00-00:00', ['fri'], 'fri', '23:59', true],
    ['22:00-00:00', ['fri'], 'sat', '00:00', false],
  ])('%s on %s: %s %s is %s', (hours, days, weekday, time, inside) => {
    expect(isInside(hours, days, weekday, time)).toBe(inside);
  });

  it('is open exactly the minutes that a walk from each allowed start passes', () => {
    fc.assert(
      fc.property(
        anyDays,
        anyMinute,
        anyMinute,
        anyWeekday,
        anyMinute,
        (allowedDays, start, end, weekday, minuteOfDay) => {
          fc.pre(start !== end);
          const length = (end - start + MINUTES_PER_DAY) % MINUTES_PER_DAY;
          const week = 7 * MINUTES_PER_DAY;
          const moment = WEEKDAYS.indexOf(weekday) * MINUTES_PER_DAY + minuteOfDay;
          const expected = [...allowedDays].some((day) => {
            const opens = WEEKDAYS.indexOf(day) * MINUTES_PER_DAY + start;
            return (moment - opens + week) % week < length;
          });
          const window = { startMinute: start, endMinute: end };
          expect(isWithinWindow({ allowedDays, window, weekday, minuteOfDay })).toBe(expected);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('with a whole day asks for the weekday alone', () => {
    fc.assert(
      fc.property(anyDays, fc.integer({ min: 0, max: 4e12 }), (allowedDays, ms) => {
        const moment = utcWeekdayAndMinute(ms);
        const inside = isWithinWindow({ allowedDays, window: WHOLE_DAY, ...moment });
        expect(inside).toBe(allowedDays.has(moment.weekday));
      }),
    );
  });
});

// time-window.ts: hours of the day and days of the week within which something is allowed.
// Must not know about time zones: it is given the weekday and the minute that a clock shows.
import { WEEKDAYS } from './calendar.ts';
import type { Weekday } from './calendar.ts';

/** `[startMinute, endMinute)` in minutes of the day; an end at or before the start lies on the next day. */
export interface TimeWindow {
  readonly startMinute: number;
  readonly endMinute: number;
}

export type TimeWindowResult =
  | { ok: true; window: TimeWindow }
  | { ok: false; code: 'time_window_malformed' | 'time_window_empty'; message: string };

export const MINUTES_PER_DAY = 1_440;

/** The window that is always open, for a rule that restricts days alone. */
export const WHOLE_DAY: TimeWindow = { startMinute: 0, endMinute: MINUTES_PER_DAY };

/** Reads `HH:MM-HH:MM`, start included and end not. The end may be `24:00`; equal times are refused. */
export function parseTimeWindow(text: string): TimeWindowResult {
  const match = /^([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/.exec(text);
  if (match === null) {
    const message = 'hours must be written as `HH:MM-HH:MM`, such as `09:00-17:00`';
    return { ok: false, code: 'time_window_malformed', message };
  }
  const [, startHour, startMinute, endHour, endMinute] = match;
  const start = Number(startHour) * 60 + Number(startMinute);
  const end = endHour === undefined ? MINUTES_PER_DAY : Number(endHour) * 60 + Number(endMinute);
  if (start === end) {
    const message = 'hours must not start and end at the same time; a whole day is `00:00-24:00`';
    return { ok: false, code: 'time_window_empty', message };
  }
  return { ok: true, window: { startMinute: start, endMinute: end } };
}

/** The weekday that `mon` to `sun` names, in any letter case; undefined for anything else. */
export function parseWeekday(text: string): Weekday | undefined {
  return /^[A-Za-z]{3}$/.test(text) ? WEEKDAYS.find((weekday) => weekday === text.toLowerCase()) : undefined;
}

export interface WindowQuery {
  allowedDays: ReadonlySet<Weekday>;
  window: TimeWindow;
  weekday: Weekday;
  /** 0 to 1439. */
  minuteOfDay: number;
}

/**
 * Whether a moment lies in the window of an allowed day. A window across midnight belongs to the day it
 * starts on: with `22:00-06:00` on fri, 02:00 on Saturday is inside and 02:00 on Friday is not.
 */
export function isWithinWindow({ allowedDays, window, weekday, minuteOfDay }: WindowQuery): boolean {
  const { startMinute, endMinute } = window;
  if (startMinute < endMinute) {
    return allowedDays.has(weekday) && minuteOfDay >= startMinute && minuteOfDay < endMinute;
  }
  if (minuteOfDay >= startMinute) return allowedDays.has(weekday);
  return minuteOfDay < endMinute && allowedDays.has(dayBefore(weekday));
}

function dayBefore(weekday: Weekday): Weekday {
  const before = WEEKDAYS.at(WEEKDAYS.indexOf(weekday) - 1); // -1 wraps from Monday to Sunday
  if (before === undefined) throw new Error(`weekday was not parsed first: ${weekday}`);
  return before;
}

// calendar.ts: budget periods, weekdays and ages, by the calendar of a time zone.
// Must not read the clock: every instant is an argument, in milliseconds since the epoch.
// Keeps formatters and the last period of each zone in memory; they change the speed, never an answer.

export type CalendarPeriodKind = 'day' | 'week' | 'month' | 'quarter' | 'year';
export type PeriodKind = CalendarPeriodKind | 'lifetime' | 'fixed';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** `[startMs, endMs)`; `endMs` is null when the period never ends. */
export interface Period {
  readonly startMs: number;
  readonly endMs: number | null;
}

export interface PeriodQuery {
  period: PeriodKind;
  /** An IANA zone that `isTimeZone` accepts. */
  timeZone: string;
  /** First instant at which there is any period; for `fixed` and `lifetime` also its start. */
  startsAt?: number | undefined;
  /** First instant at which there is no period any more; for `fixed` and `lifetime` also its end. */
  endsAt?: number | undefined;
  at: number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

// Calendar arithmetic is right between these instants (years 1600 to 8999); anything outside is a bug upstream.
const INSTANT_MS_MIN = Date.UTC(1600, 0, 1);
const INSTANT_MS_MAX = Date.UTC(9000, 0, 1);

const ZONES_CACHED_MAX = 1_024;

interface ZoneCalendar {
  readonly formatter: Intl.DateTimeFormat;
  readonly lastPeriods: Map<CalendarPeriodKind, Period & { readonly endMs: number }>;
}

const zoneCalendars = new Map<string, ZoneCalendar>();

/**
 * The budget period an instant falls in, or undefined when it lies outside `[startsAt, endsAt)` (and for
 * a `fixed` period without both). Calendar periods are whole ones of the time zone, not cut at `startsAt`
 * or `endsAt`: a day starts at the first instant that has its local date, whatever the clocks do at
 * midnight, and lasts until the next one starts; a week starts on Monday (ISO 8601). A `lifetime`
 * without `startsAt` starts at the epoch.
 */
export function periodContaining({
  period,
  timeZone,
  startsAt,
  endsAt,
  at,
}: PeriodQuery): Period | undefined {
  assertInstant(at);
  if (startsAt !== undefined && at < startsAt) return undefined;
  if (endsAt !== undefined && at >= endsAt) return undefined;
  if (period === 'fixed') {
    return startsAt === undefined || endsAt === undefined ? undefined : { startMs: startsAt, endMs: endsAt };
  }
  if (period === 'lifetime') {
    const startMs = startsAt ?? 0;
    return at < startMs ? undefined : { startMs, endMs: endsAt ?? null };
  }
  const zone = zoneCalendarOf(timeZone);
  const last = zone.lastPeriods.get(period);
  if (last !== undefined && at >= last.startMs && at < last.endMs) return last;
  const found = Object.freeze(calendarPeriodContaining(zone, period, at));
  zone.lastPeriods.set(period, found);
  return found;
}

/**
 * Whether a text is a time zone of the IANA database that this runtime knows, in any letter case. Offsets
 * (`+02:00`) are not, nor are three-letter abbreviations other than UTC and GMT: `IST` or `CST` mean several.
 */
export function isTimeZone(text: string): boolean {
  if (/^(?!utc|gmt)[a-z]{3}$/i.test(text) || !/^[a-z](?!ystemv\/)[a-z0-9_+/-]{0,63}$/i.test(text))
    return false;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Weekday and minute of the day (0 to 1439) in UTC. */
export function utcWeekdayAndMinute(ms: number): { weekday: Weekday; minuteOfDay: number } {
  assertInstant(ms);
  return weekdayAndMinuteOf(ms);
}

/** Weekday and minute of the day (0 to 1439) that the clocks of a time zone show at an instant. */
export function zonedWeekdayAndMinute(
  ms: number,
  timeZone: string,
): { weekday: Weekday; minuteOfDay: number } {
  assertInstant(ms);
  return weekdayAndMinuteOf(wallClockMs(zoneCalendarOf(timeZone), ms));
}

/** Days from 1970-01-01 to the date that the calendars of a time zone show at an instant. */
export function zonedDayNumber(ms: number, timeZone: string): number {
  assertInstant(ms);
  return dayNumberOf(wallClockMs(zoneCalendarOf(timeZone), ms));
}

/**
 * How many UTC calendar days before `ms` a date (`2026-05-01`) or an instant with an offset
 * (`2026-05-01T09:30:00Z`, RFC 3339) lies. Never less than the elapsed whole days, so an age limit
 * errs on the strict side. Undefined when the text is neither, or lies in the future; a date that is
 * already tomorrow's counts as today's, since east of Greenwich it may be.
 */
export function ageInDays(fromDateText: string, ms: number): number | undefined {
  assertInstant(ms);
  const from = parseDateOrInstant(fromDateText);
  if (from === undefined) return undefined;
  const age = dayNumberOf(ms) - dayNumberOf(from.ms);
  if (age === -1 && from.isDateOnly) return 0;
  return age < 0 ? undefined : age;
}

interface DateOrInstant {
  ms: number;
  isDateOnly: boolean;
}

function parseDateOrInstant(text: string): DateOrInstant | undefined {
  const match =
    /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(?:Z|([+-])(\d{2}):(\d{2})))?$/i.exec(
      text,
    );
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part || 0));
  const [, , , , , , , sign, offsetHour = '0', offsetMinute = '0'] = match;
  const dateMs = Date.UTC(year, month - 1, day);
  const date = new Date(dateMs);
  // A month or day that does not exist rolls over into another month; a year before 100 into another century.
  const exists = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1;
  if (!exists || hour > 23 || minute > 59 || second > 59) return undefined;
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined;
  const offsetMs = (Number(offsetHour) * 60 + Number(offsetMinute)) * MINUTE_MS * (sign === '-' ? -1 : 1);
  const timeMs = (hour * 60 + minute) * MINUTE_MS + second * SECOND_MS;
  return { ms: dateMs + timeMs - offsetMs, isDateOnly: match[4] === undefined };
}

// --- periods: dates are counted as days since 1970-01-01, a date without a zone

function calendarPeriodContaining(
  zone: ZoneCalendar,
  period: CalendarPeriodKind,
  at: number,
): { startMs: number; endMs: number } {
  let first = firstDayOfPeriod(period, dayNumberOf(wallClockMs(zone, at)));
  let startMs = startOfDay(zone, first);
  // Clocks set back across midnight show the old date again after the new one began: the new one stays begun.
  for (let step = 0; step < 3; step++) {
    const next = firstDayAfterPeriod(period, first);
    const endMs = startOfDay(zone, next);
    if (at < endMs) return { startMs, endMs };
    first = next;
    startMs = endMs;
  }
  throw new Error(`no ${period} contains the instant ${at}`);
}

function firstDayOfPeriod(period: CalendarPeriodKind, day: number): number {
  if (period === 'day') return day;
  if (period === 'week') return day - weekdayIndexOf(day);
  const date = new Date(day * DAY_MS);
  const month = date.getUTCMonth();
  const firstMonth = period === 'month' ? month : period === 'quarter' ? month - (month % 3) : 0;
  return dayNumberOf(Date.UTC(date.getUTCFullYear(), firstMonth, 1));
}

function firstDayAfterPeriod(period: CalendarPeriodKind, firstDay: number): number {
  if (period === 'day') return firstDay + 1;
  if (period === 'week') return firstDay + 7;
  const months = period === 'month' ? 1 : period === 'quarter' ? 3 : 12;
  const date = new Date(firstDay * DAY_MS);
  return dayNumberOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1));
}

/** The first instant at which the zone's clocks show this date or, where it was skipped, a later one. */
function startOfDay(zone: ZoneCalendar, day: number): number {
  const midnight = day * DAY_MS; // what the clocks should show, as if it were UTC
  const offsetBefore = wallClockMs(zone, midnight - DAY_MS) - (midnight - DAY_MS);
  const offsetAfter = wallClockMs(zone, midnight + DAY_MS) - (midnight + DAY_MS);
  const earliest = midnight - Math.max(offsetBefore, offsetAfter);
  const latest = midnight - Math.min(offsetBefore, offsetAfter);
  if (wallClockMs(zone, earliest) === midnight) return earliest;
  if (offsetBefore >= offsetAfter || wallClockMs(zone, latest - SECOND_MS) < midnight) return latest;
  // Clocks were set forward over midnight: the day starts at that moment, a whole second.
  let before = earliest;
  let after = latest;
  while (after - before > SECOND_MS) {
    const middle = before + Math.floor((after - before) / (2 * SECOND_MS)) * SECOND_MS;
    if (wallClockMs(zone, middle) < midnight) before = middle;
    else after = middle;
  }
  return after;
}

// --- clocks

function zoneCalendarOf(timeZone: string): ZoneCalendar {
  const known = zoneCalendars.get(timeZone);
  if (known !== undefined) return known;
  if (zoneCalendars.size >= ZONES_CACHED_MAX) zoneCalendars.clear();
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const created: ZoneCalendar = { formatter, lastPeriods: new Map() };
  zoneCalendars.set(timeZone, created);
  return created;
}

/** What the zone's clocks show at an instant, as the milliseconds at which clocks in UTC show the same. */
function wallClockMs(zone: ZoneCalendar, ms: number): number {
  const shown = zone.formatter.format(ms).match(/[0-9]+/g) ?? [];
  const [month, day, year, hour, minute, second] = shown.map(Number);
  if (month === undefined || second === undefined)
    throw new Error(`date format was not understood: ${shown.join()}`);
  return Date.UTC(year ?? 0, month - 1, day, hour, minute, second) + remainder(ms, SECOND_MS);
}

function weekdayAndMinuteOf(wallMs: number): { weekday: Weekday; minuteOfDay: number } {
  const weekday = WEEKDAYS[weekdayIndexOf(dayNumberOf(wallMs))];
  if (weekday === undefined) throw new Error(`instant has no weekday: ${wallMs}`);
  return { weekday, minuteOfDay: Math.floor(remainder(wallMs, DAY_MS) / MINUTE_MS) };
}

function dayNumberOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

/** 0 for Monday to 6 for Sunday; day 0, 1970-01-01, was a Thursday. */
function weekdayIndexOf(day: number): number {
  return remainder(day + 3, 7);
}

function remainder(dividend: number, divisor: number): number {
  return dividend - Math.floor(dividend / divisor) * divisor;
}

function assertInstant(ms: number): void {
  if (!(ms >= INSTANT_MS_MIN && ms < INSTANT_MS_MAX)) throw new RangeError(`instant is out of range: ${ms}`);
}

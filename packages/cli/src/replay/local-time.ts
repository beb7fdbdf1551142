// replay/local-time.ts: the instant a local date and time of a zone names. Pure; formatters are kept, never an answer.
import type { DateFormat } from './mapping.ts';

export interface LocalDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const PATTERNS: Readonly<
  Record<Exclude<DateFormat, 'RFC3339'>, { pattern: RegExp; order: readonly (keyof LocalDate)[] }>
> = {
  'YYYY-MM-DD': { pattern: /^(\d{4})-(\d{2})-(\d{2})$/, order: ['year', 'month', 'day'] },
  YYYYMMDD: { pattern: /^(\d{4})(\d{2})(\d{2})$/, order: ['year', 'month', 'day'] },
  'DD/MM/YYYY': { pattern: /^(\d{2})\/(\d{2})\/(\d{4})$/, order: ['day', 'month', 'year'] },
  'MM/DD/YYYY': { pattern: /^(\d{2})\/(\d{2})\/(\d{4})$/, order: ['month', 'day', 'year'] },
};

/** Undefined: it is no such date. The years that a budget's calendar can compute with. */
export function parseLocalDate(text: string, format: Exclude<DateFormat, 'RFC3339'>): LocalDate | undefined {
  const { pattern, order } = PATTERNS[format];
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const date = { year: 0, month: 0, day: 0 };
  for (const [index, part] of order.entries()) date[part] = Number(match[index + 1]);
  const real = new Date(Date.UTC(date.year, date.month - 1, date.day));
  const isReal = real.getUTCMonth() === date.month - 1 && real.getUTCDate() === date.day;
  return isReal && date.year >= 1970 && date.year < 9000 ? date : undefined;
}

/** Minutes after midnight of `HH:MM` or `HH:MM:SS`; undefined: it is no time. Seconds are cut off. */
export function parseTimeOfDay(text: string): number | undefined {
  const match = /^(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?$/.exec(text);
  const [hours, minutes] = [Number(match?.[1]), Number(match?.[2])];
  return match !== null && hours < 24 && minutes < 60 ? hours * 60 + minutes : undefined;
}

/** An instant with its offset, as RFC 3339 has it. */
export function parseInstant(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/i.test(text)) return undefined;
  const ms = Date.parse(text);
  const year = new Date(ms).getUTCFullYear();
  return Number.isNaN(ms) || year < 1970 || year >= 9000 ? undefined : ms;
}

/** Milliseconds. A local time that the clocks skip is the one after them; one that comes twice is the first. */
export function instantOf(date: LocalDate, minuteOfDay: number, timeZone: string): number {
  const asUtc = Date.UTC(date.year, date.month - 1, date.day) + minuteOfDay * 60_000;
  if (timeZone === 'UTC') return asUtc;
  const first = asUtc - offsetMs(asUtc - 86_400_000, timeZone);
  // The offset a day before is the one in force, unless the clocks change in between.
  const offset = offsetMs(first, timeZone);
  if (offset === asUtc - first) return first;
  const afterChange = asUtc - offset;
  return offsetMs(afterChange, timeZone) === offset ? afterChange : first;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** How far the zone's clocks are ahead of UTC at an instant. */
function offsetMs(atMs: number, timeZone: string): number {
  let formatter = formatters.get(timeZone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formatters.set(timeZone, formatter);
  }
  const parts: Record<string, number> = {};
  for (const { type, value } of formatter.formatToParts(atMs)) parts[type] = Number(value);
  const {
    year = 0,
    month = 0,
    day = 0,
    hour = 0,
    minute = 0,
    second = 0,
  } = parts as Partial<Record<string, number>>;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(atMs / 1000) * 1000;
}

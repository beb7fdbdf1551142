// time-restriction.ts: only on these days, within these hours, to the minute. Clause: none. All action types; at
// the request only: an approval signed at night may still be carried out. Hours are `[start, end)`; hours across
// midnight belong to the day they start on. Two forms of parameters: `allowed_hours_utc`, or `allowed_hours` with
// `time_zone`. Missing evidence: there is none, the time of the decision is always known.
import type { Weekday } from '../calendar.ts';
import { WEEKDAYS, isTimeZone, utcWeekdayAndMinute, zonedWeekdayAndMinute } from '../calendar.ts';
import { ParameterReader } from '../policy/parameter-reader.ts';
import type { RuleControl } from '../policy/rule.ts';
import type { TimeWindow } from '../time-window.ts';
import { WHOLE_DAY, isWithinWindow, parseTimeWindow } from '../time-window.ts';

export const timeRestriction: RuleControl = {
  ruleType: 'time_restriction',
  stages: ['request'],
  clause: null,
  compile(parameters, pointer) {
    const reader = new ParameterReader(parameters, pointer);
    const allowedDays = new Set<Weekday>(reader.choiceList('allowed_days', WEEKDAYS));
    const { window, hoursText, timeZone } = readHours(reader);
    return reader.finish(() => {
      const days = WEEKDAYS.filter((day) => allowedDays.has(day)).join(', ');
      const limit = `${days} ${hoursText} ${timeZone}`;
      const clockAt = clockOf(timeZone);
      return {
        evaluate(_action, facts) {
          const { weekday, minuteOfDay } = clockAt(facts.nowMs);
          const observed = `${weekday} ${clockText(minuteOfDay)} ${timeZone}`;
          if (isWithinWindow({ allowedDays, window, weekday, minuteOfDay })) {
            return { kind: 'pass', observed, limit };
          }
          return {
            kind: 'violation',
            reasonCode: 'time_restriction_violated',
            message: `It is ${observed}; this is only allowed ${limit}.`,
            observed,
            limit,
            nextStep: `Submit it again within ${limit}.`,
          };
        },
      };
    });
  },
};

function readHours(reader: ParameterReader): {
  readonly window: TimeWindow;
  readonly hoursText: string;
  readonly timeZone: string;
} {
  const isZoned = reader.has('allowed_hours') || reader.has('time_zone');
  if (isZoned && reader.has('allowed_hours_utc')) {
    const message = 'give either `allowed_hours_utc`, or `allowed_hours` with `time_zone`, not both.';
    reader.fault('allowed_hours_utc', 'contradicting_parameters', message);
  }
  const name = isZoned ? 'allowed_hours' : 'allowed_hours_utc';
  const hoursText = reader.text(name);
  const window = parseTimeWindow(hoursText);
  if (!window.ok && hoursText !== '') reader.fault(name, window.code, `\`${name}\`: ${window.message}.`);
  const timeZone = isZoned ? reader.text('time_zone') : 'UTC';
  if (timeZone !== '' && timeZone !== 'UTC' && !isTimeZone(timeZone)) {
    const message = `\`${timeZone}\` is not a time zone such as \`Europe/Berlin\`.`;
    reader.fault('time_zone', 'unknown_time_zone', message);
  }
  return { window: window.ok ? window.window : WHOLE_DAY, hoursText, timeZone };
}

/** Reads the zone's clocks; remembers the last instant, since all decisions of a batch share theirs. */
function clockOf(timeZone: string): (ms: number) => { weekday: Weekday; minuteOfDay: number } {
  if (timeZone === 'UTC') return utcWeekdayAndMinute;
  let lastMs = Number.NaN;
  let last: { weekday: Weekday; minuteOfDay: number } | undefined;
  return (ms) => {
    if (last === undefined || ms !== lastMs) {
      last = zonedWeekdayAndMinute(ms, timeZone);
      lastMs = ms;
    }
    return last;
  };
}

function clockText(minuteOfDay: number): string {
  const hour = String(Math.floor(minuteOfDay / 60)).padStart(2, '0');
  return `${hour}:${String(minuteOfDay % 60).padStart(2, '0')}`;
}

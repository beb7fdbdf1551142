// velocity/velocity-settings.ts: how requests are watched. Clause: AG-642 4.9. Read once, at publication: every fault with
// the JSON pointer (RFC 6901) of its field. What is left out has its default; nothing is held unless that is asked for.
import { WEEKDAYS, type Weekday, isTimeZone } from '../calendar.ts';
import { isJsonObject, kindOf } from '../policy/json-document.ts';
import { ParameterReader } from '../policy/parameter-reader.ts';
import type { RuleFault } from '../policy/rule.ts';
import { type TimeWindow, WHOLE_DAY, parseTimeWindow } from '../time-window.ts';
import type { Sensitivity, VelocitySignal } from './velocity-finding.ts';

export type HoldSubject = 'agent' | 'team' | 'supplier';

export interface BusinessHours {
  readonly allowedDays: readonly Weekday[];
  readonly window: TimeWindow;
  readonly timeZone: string;
  /** As a person reads it. */
  readonly text: string;
}

export interface VelocitySettings {
  /** null: nothing is watched. */
  readonly sensitivity: Sensitivity | null;
  readonly frequencyWindowHours: number;
  readonly concentrationWindowHours: number;
  readonly historyDays: number;
  readonly clusteringWindowDays: number;
  /** null: no hour is unusual. */
  readonly businessHours: BusinessHours | null;
  /** Which alerts put their subject under review; null: none. */
  readonly hold: {
    readonly signals: readonly VelocitySignal[];
    readonly subjects: readonly HoldSubject[];
  } | null;
}

export type ParseVelocitySettingsResult =
  | { readonly ok: true; readonly settings: VelocitySettings }
  | { readonly ok: false; readonly faults: readonly RuleFault[] };

export const DEFAULT_VELOCITY_SETTINGS: VelocitySettings = {
  sensitivity: 'normal',
  frequencyWindowHours: 1,
  concentrationWindowHours: 24,
  historyDays: 28,
  clusteringWindowDays: 90,
  businessHours: null,
  hold: null,
};

export const HOLD_SUBJECTS = ['agent', 'team', 'supplier'] as const;
const SENSITIVITIES = ['off', 'low', 'normal', 'high'] as const;
const SIGNALS = ['frequency', 'concentration', 'clustering', 'out_of_hours'] as const;

/** Never throws for a faulty document. */
export function parseVelocitySettings(document: unknown): ParseVelocitySettingsResult {
  if (!isJsonObject(document)) {
    const message = `the settings must be an object, not ${kindOf(document)}.`;
    return { ok: false, faults: [{ pointer: '', code: 'wrong_type', message }] };
  }
  const { business_hours: hoursDocument, hold: holdDocument, ...flat } = document;
  const reader = new ParameterReader(flat, '');
  const whole = (name: string, standard: number, max: number): number =>
    reader.has(name) ? reader.integer(name, { min: 1, max }) : standard;
  const defaults = DEFAULT_VELOCITY_SETTINGS;
  const sensitivity = reader.has('sensitivity') ? reader.choice('sensitivity', SENSITIVITIES) : 'normal';
  const read = {
    sensitivity: sensitivity === 'off' ? null : sensitivity,
    frequencyWindowHours: whole('frequency_window_hours', defaults.frequencyWindowHours, 24),
    concentrationWindowHours: whole('concentration_window_hours', defaults.concentrationWindowHours, 168),
    historyDays: whole('history_days', defaults.historyDays, 90),
    clusteringWindowDays: whole('clustering_window_days', defaults.clusteringWindowDays, 365),
  };
  const result = reader.finish(() => read);
  const short = result.ok ? tooShort(read) : [];
  const hours = hoursDocument === undefined || hoursDocument === null ? null : readHours(hoursDocument);
  const hold = holdDocument === undefined || holdDocument === null ? null : readHold(holdDocument);
  const faults = [
    ...(result.ok ? short : result.faults),
    ...(hours === null || hours.ok ? [] : hours.faults),
    ...(hold === null || hold.ok ? [] : hold.faults),
  ];
  if (!result.ok || hours?.ok === false || hold?.ok === false || faults.length > 0)
    return { ok: false, faults };
  return {
    ok: true,
    settings: { ...result.value, businessHours: hours?.value ?? null, hold: hold?.value ?? null },
  };
}

/** Eight windows before the one that is judged are the least that says anything. */
function tooShort({
  frequencyWindowHours,
  concentrationWindowHours,
  historyDays,
}: Pick<VelocitySettings, 'frequencyWindowHours' | 'concentrationWindowHours' | 'historyDays'>): RuleFault[] {
  if (historyDays * 24 >= Math.max(frequencyWindowHours, concentrationWindowHours) * 9) return [];
  const message = '`history_days` must hold at least nine of the longer window.';
  return [{ pointer: '/history_days', code: 'out_of_range', message }];
}

type Part<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly faults: readonly RuleFault[] };

function notAnObject(pointer: string, value: unknown): Part<never> {
  const message = `it must be an object, not ${kindOf(value)}.`;
  return { ok: false, faults: [{ pointer, code: 'wrong_type', message }] };
}

function readHours(document: unknown): Part<BusinessHours> {
  if (!isJsonObject(document)) return notAnObject('/business_hours', document);
  const reader = new ParameterReader(document, '/business_hours');
  const allowedDays = reader.choiceList('allowed_days', WEEKDAYS);
  const hours = reader.text('allowed_hours');
  const parsed = parseTimeWindow(hours);
  if (!parsed.ok && hours !== '')
    reader.fault('allowed_hours', parsed.code, `\`allowed_hours\`: ${parsed.message}.`);
  const timeZone = reader.text('time_zone');
  if (timeZone !== '' && !isTimeZone(timeZone)) {
    const message = `\`${timeZone}\` is not a time zone such as \`Europe/Berlin\`.`;
    reader.fault('time_zone', 'unknown_time_zone', message);
  }
  return reader.finish(() => ({
    allowedDays,
    window: parsed.ok ? parsed.window : WHOLE_DAY,
    timeZone,
    text: `${WEEKDAYS.filter((day) => allowedDays.includes(day)).join(', ')} ${hours} ${timeZone}`,
  }));
}

function readHold(document: unknown): Part<NonNullable<VelocitySettings['hold']>> {
  if (!isJsonObject(document)) return notAnObject('/hold', document);
  const reader = new ParameterReader(document, '/hold');
  const signals = reader.choiceList('signals', SIGNALS);
  const subjects = reader.choiceList('subjects', HOLD_SUBJECTS);
  return reader.finish(() => ({ signals, subjects }));
}

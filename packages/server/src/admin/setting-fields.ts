// admin/setting-fields.ts: every setting of the installation beyond the two that have columns of their own: its name on
// the wire, its default and what it may be. A new one is a line here and one in the contract's `settings.ts`.
import { DEFAULT_EXCHANGE, METHODOLOGIES } from '@countersign/core';

import { APPROVAL_SETTINGS as DEFAULTS } from '@countersign/core';

import type { Json } from '../record/recorder.ts';
import { invalid } from './admin-error.ts';

interface SettingField<T extends Json> {
  readonly fallback: T;
  /** Returns what is stored instead of the current value, or throws `invalid` with the field. */
  check(field: string, value: unknown, current: T): T;
}

/** Kinds of text that are kept for a time of their own, and then erased. */
export const RETENTION_KINDS = ['purchase', 'configuration', 'change'] as const;
export type RetentionKind = (typeof RETENTION_KINDS)[number];
export type RetentionMonths = Readonly<Record<RetentionKind, number>>;

/** Seven years. */
const RETENTION_MONTHS = 84;
const RETENTION_MONTHS_MAX = 1_200;

export const SETTING_FIELDS = {
  /** Hours after which a draft that nobody has reviewed lapses. */
  draft_valid_hours: wholeNumber({ fallback: 168, min: 1, max: 8_760 }),
  /** Hours within which an emergency change has to be reviewed. */
  emergency_review_hours: wholeNumber({ fallback: 24, min: 1, max: 720 }),
  /** Which published rates convert foreign amounts. */
  exchange_methodology: choice(DEFAULT_EXCHANGE.methodology, METHODOLOGIES),
  /** Days after its date for which a daily close is good. */
  daily_close_max_age_days: wholeNumber({
    fallback: DEFAULT_EXCHANGE.dailyCloseMaxAgeDays,
    min: 0,
    max: 366,
  }),
  /** Months for which texts are kept, by kind of record. */
  retention_months: retention(),
  // Of approvals: what each is, and its default, stands in core's approval-settings.ts.
  pending_approvals_max: wholeNumber({ fallback: DEFAULTS.pending_approvals_max, min: 0, max: 1_000_000 }),
  signatures_per_minute_max: wholeNumber({
    fallback: DEFAULTS.signatures_per_minute_max,
    min: 0,
    max: 10_000,
  }),
  reminder_percent: wholeNumber({ fallback: DEFAULTS.reminder_percent, min: 0, max: 99 }),
  rubber_stamp_decisions_min: wholeNumber({
    fallback: DEFAULTS.rubber_stamp_decisions_min,
    min: 1,
    max: 10_000,
  }),
  rubber_stamp_median_seconds: wholeNumber({
    fallback: DEFAULTS.rubber_stamp_median_seconds,
    min: 0,
    max: 3_600,
  }),
  rubber_stamp_unopened_percent: wholeNumber({
    fallback: DEFAULTS.rubber_stamp_unopened_percent,
    min: 0,
    max: 100,
  }),
  rubber_stamp_approve_percent: wholeNumber({
    fallback: DEFAULTS.rubber_stamp_approve_percent,
    min: 0,
    max: 100,
  }),
} satisfies Record<string, SettingField<Json>>;

export type SettingName = keyof typeof SETTING_FIELDS;
export type SettingValue<Name extends SettingName> = (typeof SETTING_FIELDS)[Name]['fallback'];

/** What a setting is: as stored, else its default. What is stored was checked. */
export function settingOf<Name extends SettingName>(
  stored: Readonly<Record<string, unknown>>,
  name: Name,
): SettingValue<Name> {
  const { fallback } = SETTING_FIELDS[name];
  const value = stored[name];
  if (value === undefined) return fallback;
  // An object's members have defaults of their own: one may be younger than what was stored.
  if (typeof fallback === 'object') return { ...fallback, ...(value as object) };
  return value as SettingValue<Name>;
}

function wholeNumber({
  fallback,
  min,
  max,
}: {
  fallback: number;
  min: number;
  max: number;
}): SettingField<number> {
  return {
    fallback,
    check(field, value) {
      if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
      throw invalid(field, `it must be a whole number from ${min} to ${max}`, 'out_of_range');
    },
  };
}

function choice<T extends string>(fallback: T, choices: readonly T[]): SettingField<T> {
  return {
    fallback,
    check(field, value) {
      const chosen = choices.find((known) => known === value);
      if (chosen !== undefined) return chosen;
      throw invalid(field, `it is one of ${choices.join(', ')}`, 'unknown_choice');
    },
  };
}

function retention(): SettingField<RetentionMonths> {
  const fallback: RetentionMonths = {
    purchase: RETENTION_MONTHS,
    configuration: RETENTION_MONTHS,
    change: RETENTION_MONTHS,
  };
  const months = wholeNumber({ fallback: RETENTION_MONTHS, min: 1, max: RETENTION_MONTHS_MAX });
  return {
    fallback,
    check(field, value, current) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw invalid(field, 'it is an object of months by kind', 'invalid');
      }
      const given = Object.entries(value).map(([kind, count]): [string, number] => {
        if (!RETENTION_KINDS.some((known) => known === kind)) {
          throw invalid(`${field}/${kind}`, `kinds are ${RETENTION_KINDS.join(', ')}`, 'unknown_field');
        }
        return [kind, months.check(`${field}/${kind}`, count, RETENTION_MONTHS)];
      });
      return { ...current, ...Object.fromEntries(given) };
    },
  };
}

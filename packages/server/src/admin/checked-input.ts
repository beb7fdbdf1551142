// admin/checked-input.ts: checks of single fields, the same for every resource. Each returns the value to store or
// throws `invalid` with the field. Must not look anything up.
import {
  isTimeZone,
  parseCountry,
  parseCurrency,
  type CountryCode,
  type CurrencyCode,
} from '@countersign/core';

import { invalid } from './admin-error.ts';

const NAME_LENGTH_MAX = 200;
const REASON_LENGTH_MAX = 500;
const EMAIL_LENGTH_MAX = 254; // RFC 5321 section 4.5.3.1.3, without the angle brackets
const REFERENCE_LENGTH_MAX = 128;
const LIST_LENGTH_MAX = 1_000;

// Control characters other than tab and newline, and halves of a surrogate pair.
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]|\p{Cs}/u;

/** An id of something that is created here. Ids are never reused. */
export function checkedId(field: string, id: string): string {
  if (/^[A-Za-z0-9_.-]{1,64}$/.test(id) && id !== '.' && id !== '..') return id;
  throw invalid(field, 'an id has 1 to 64 letters, digits, `_`, `.` or `-`', 'invalid_id');
}

/** A cost centre or project as agents name it: any short text without control characters. */
export function checkedReference(field: string, text: string): string {
  checkText(field, text, REFERENCE_LENGTH_MAX);
  if (/[\t\n]/.test(text) || text !== text.trim()) {
    throw invalid(field, 'it must not begin or end with a space, nor have line breaks', 'invalid_id');
  }
  return text;
}

export function checkedName(field: string, name: string): string {
  checkText(field, name, NAME_LENGTH_MAX);
  if (/[\t\n]/.test(name)) throw invalid(field, 'a name is one line');
  return name;
}

export function checkedReason(field: string, reason: string): string {
  checkText(field, reason, REASON_LENGTH_MAX);
  return reason;
}

export function checkedEmail(field: string, email: string): string {
  checkText(field, email, EMAIL_LENGTH_MAX);
  if (/^[^\s@<>]+@[^\s@<>]+$/u.test(email)) return email;
  throw invalid(field, 'an e-mail address is written like `name@example.com`', 'invalid_email');
}

/** The owner of an agent or a budget: a principal's id, or an e-mail address. */
export function checkedOwner(field: string, owner: string): string {
  return owner.includes('@') ? checkedEmail(field, owner) : checkedId(field, owner);
}

export function checkedCurrency(field: string, text: string): CurrencyCode {
  const currency = parseCurrency(text);
  if (currency !== undefined) return currency;
  throw invalid(field, 'it is not a currency that is known here', 'unknown_currency');
}

export function checkedCountry(field: string, text: string): CountryCode {
  const country = parseCountry(text);
  if (country !== undefined) return country;
  throw invalid(field, 'a country is an ISO 3166-1 alpha-2 code such as `DE`', 'unknown_country');
}

export function checkedTimeZone(field: string, text: string): string {
  if (isTimeZone(text)) return text;
  throw invalid(field, 'a time zone is a name such as `Europe/Berlin` or `UTC`', 'unknown_time_zone');
}

/** An instant as RFC 3339 has it, with its offset. */
export function checkedInstant(field: string, text: string): Date {
  const isInstant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/i.test(text);
  const instant = new Date(text.toUpperCase());
  const day = Number(text.slice(8, 10));
  const isRealDay =
    new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)) - 1, day)).getUTCDate() === day;
  // Within what the calendar can compute.
  const isInRange = instant >= new Date('1970-01-01T00:00:00Z') && instant < new Date('9000-01-01T00:00:00Z');
  if (isInstant && isRealDay && isInRange) return instant;
  throw invalid(field, 'an instant is written like `2026-07-01T00:00:00Z`', 'invalid_instant');
}

/** Each entry once, in the given order; an empty list is refused, since it would read like none. */
export function checkedList(
  field: string,
  entries: readonly string[],
  check: (field: string, entry: string) => string,
): string[] {
  if (entries.length === 0)
    throw invalid(field, 'the list is empty: leave it out, or name at least one', 'empty_list');
  if (entries.length > LIST_LENGTH_MAX) {
    throw invalid(field, `the list has more than ${LIST_LENGTH_MAX} entries`, 'list_too_long');
  }
  return [...new Set(entries.map((entry, index) => check(`${field}/${index}`, entry)))];
}

function checkText(field: string, text: string, lengthMax: number): void {
  if (text.trim() === '') throw invalid(field, 'it must not be empty', 'empty_text');
  if (text.length > lengthMax)
    throw invalid(field, `it has more than ${lengthMax} characters`, 'text_too_long');
  if (UNPRINTABLE.test(text))
    throw invalid(field, 'it must not have control characters', 'control_characters');
}

// conformance/expectation.ts: whether an expectation holds of the exchanges it is about, and whether a case passed. Pure: the
// run and the verification of its pack come to the same result from the same evidence.
import { isDeepStrictEqual } from 'node:util';

import type { CaseRecord, Check, Exchange, Expectation, Json, Verdict } from './evidence.ts';

export function holds(expectation: Expectation, exchanges: readonly Exchange[]): boolean {
  const exchange = exchanges.find(({ number }) => number === expectation.exchange);
  return exchange !== undefined && satisfies(expectation.check, valueAt(exchange, expectation.at));
}

/** undefined: it is not there. */
export function valueAt(exchange: Exchange, pointer: string): Json | undefined {
  const { status, received, took_ms } = exchange;
  let value: Json | undefined = { status, received, took_ms };
  for (const part of pointer.split('/').slice(1)) {
    if (typeof value !== 'object' || value === null) return undefined;
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (isList(value)) value = value[Number(name)];
    else value = Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}

/** '': there is no text. */
export function textAt(exchange: Exchange, pointer: string): string {
  const value = valueAt(exchange, pointer);
  return typeof value === 'string' ? value : '';
}

function satisfies(check: Check, value: Json | undefined): boolean {
  if ('absent' in check) return value === undefined || value === null;
  if (value === undefined) return false;
  if ('present' in check) return value !== null;
  if ('equals' in check) return isDeepStrictEqual(value, check.equals);
  if ('one_of' in check) return check.one_of.some((each) => isDeepStrictEqual(value, each));
  if ('matches' in check) return matches(value, check.matches);
  if ('at_most' in check) return typeof value === 'number' && value <= check.at_most;
  if (!isList(value)) return false;
  if ('has' in check) return value.some((each) => matches(each, check.has));
  return !value.some((each) => matches(each, check.lacks));
}

/** Objects by the members that are named, lists element by element, everything else exactly. */
function matches(value: Json | undefined, wanted: Json): boolean {
  if (isList(wanted)) {
    return (
      isList(value) &&
      value.length === wanted.length &&
      wanted.every((each, index) => matches(value[index], each))
    );
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof value !== 'object' || value === null || isList(value)) return false;
    return Object.entries(wanted).every(([name, each]) => matches(value[name], each));
  }
  return value === wanted;
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** What the evidence of a case says of it; a case that expects nothing has shown nothing. */
export function verdictOf(
  record: Pick<CaseRecord, 'exchanges' | 'expectations' | 'record_checks' | 'reason' | 'own_test'> & {
    readonly verdict?: Verdict;
  },
): Verdict {
  if (record.verdict === 'not_tested' && record.reason !== null) return 'not_tested';
  if (record.reason !== null) return 'failed'; // it broke off
  const checks = record.record_checks ?? [];
  if (record.expectations.length + checks.length === 0) return 'failed';
  const areHeld = record.expectations.every((expectation) => holds(expectation, record.exchanges));
  const areSound = checks.every(({ counted, faults }) => counted > 0 && faults.length === 0);
  return areHeld && areSound ? 'passed' : 'failed';
}

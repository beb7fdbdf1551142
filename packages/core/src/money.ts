// money.ts: amounts as whole minor units, and their exact way in from text or numbers and out again.
// Must not round on the way in, must not compute with floating point, and must not convert currencies.
import { currencyDigits } from './currency.ts';
import type { CurrencyCode } from './currency.ts';

/** An exact amount: `minor` counts the currency's smallest unit (cents of USD, yen of JPY). */
export interface Money {
  minor: bigint;
  currency: CurrencyCode;
}

export type AmountFaultCode =
  | 'amount_not_a_number'
  | 'amount_sign'
  | 'amount_negative'
  | 'amount_zero'
  | 'amount_exponent'
  | 'amount_too_precise'
  | 'amount_too_large';

export type AmountResult =
  { ok: true; minor: bigint } | { ok: false; code: AmountFaultCode; message: string };

export interface ParseAmountOptions {
  /** Whether 0 is an amount here; by default it is refused. */
  allowZero?: boolean;
}

/** The most digits an amount may have before its decimal point. */
export const AMOUNT_INTEGER_DIGITS_MAX = 15;

/** Every accepted amount is below this many minor units, so that sums of many still fit 64 bits. */
export const AMOUNT_MINOR_LIMIT = 10n ** 18n;

// A JSON number keeps 15 significant digits exactly; with more, what arrived may not be what was sent.
const NUMBER_SIGNIFICANT_DIGITS_MAX = 15;

/**
 * Reads an amount exactly. A string is a plain decimal (`1840.00`): ASCII digits, no sign, exponent, spaces,
 * separators or leading zeros. A number is read as the decimal JavaScript writes for it. More digits
 * than the currency has are refused, trailing zeros included: nothing is ever rounded.
 */
export function parseAmount(
  input: string | number,
  currency: CurrencyCode,
  { allowZero = false }: ParseAmountOptions = {},
): AmountResult {
  const text = typeof input === 'number' ? textOfNumber(input) : input;
  const match = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/.exec(text);
  if (match === null) return refuseText(text, typeof input === 'number');
  const [, integer = '', fraction = ''] = match;

  if (integer.length > AMOUNT_INTEGER_DIGITS_MAX) {
    return fault(
      'amount_too_large',
      `amount has more than ${AMOUNT_INTEGER_DIGITS_MAX} digits before the point`,
    );
  }
  const digits = currencyDigits(currency);
  if (fraction.length > digits) {
    return fault('amount_too_precise', `amount in ${currency} has at most ${digits} digits after the point`);
  }
  if (typeof input === 'number' && significantDigits(integer, fraction) > NUMBER_SIGNIFICANT_DIGITS_MAX) {
    return fault(
      'amount_too_precise',
      `a number keeps only ${NUMBER_SIGNIFICANT_DIGITS_MAX} significant digits: send the amount as a string`,
    );
  }
  const minor = BigInt(integer + fraction.padEnd(digits, '0'));
  if (minor >= AMOUNT_MINOR_LIMIT) {
    return fault('amount_too_large', `amount in ${currency} is too large to be kept exactly`);
  }
  if (minor === 0n && !allowZero) return fault('amount_zero', 'amount must be more than zero');
  return { ok: true, minor };
}

/** Writes minor units as a decimal string with exactly the currency's digits: `1840.00`, `-5.00`, `500`. */
export function formatAmount(minor: bigint, currency: CurrencyCode): string {
  const digits = currencyDigits(currency);
  const sign = minor < 0n ? '-' : '';
  const text = (minor < 0n ? -minor : minor).toString().padStart(digits + 1, '0');
  if (digits === 0) return sign + text;
  return `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** An amount for people to read, with its currency: `1840.00 USD`. */
export function formatMoney(minor: bigint, currency: CurrencyCode): string {
  return `${formatAmount(minor, currency)} ${currency}`;
}

/**
 * The amount as raw JSON number text (RFC 8259 section 6) with exactly the currency's digits, for the places
 * whose wire format is a number. Embed it as it is: passing it through a number would drop its zeros.
 */
export function amountToJsonNumberLiteral(minor: bigint, currency: CurrencyCode): string {
  return formatAmount(minor, currency); // this form is a JSON number already: no leading zeros, no `+`
}

/**
 * -1, 0 or 1 as left is below, equal to or above right; undefined when the currencies differ, which a
 * caller has to treat as missing evidence.
 */
export function compareMoney(left: Money, right: Money): -1 | 0 | 1 | undefined {
  if (left.currency !== right.currency) return undefined;
  if (left.minor === right.minor) return 0;
  return left.minor < right.minor ? -1 : 1;
}

/** The smaller of two amounts of one currency, in minor units. */
export function minMinor(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}

/** The larger of two amounts of one currency, in minor units. */
export function maxMinor(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}

/** A share of an amount in basis points (1/100 of a percent), rounded half to even in minor units. */
export function basisPointsOf(minor: bigint, basisPoints: bigint): bigint {
  const product = minor * basisPoints;
  const magnitude = product < 0n ? -product : product;
  const floor = magnitude / 10_000n;
  const twiceRest = (magnitude % 10_000n) * 2n;
  const roundsUp = twiceRest > 10_000n || (twiceRest === 10_000n && floor % 2n === 1n);
  const rounded = roundsUp ? floor + 1n : floor;
  return product < 0n ? -rounded : rounded;
}

function textOfNumber(input: number): string {
  return Object.is(input, -0) ? '-0' : String(input);
}

// Names what is wrong with a text that is not a plain decimal. The text itself is not echoed: it is unbounded.
function refuseText(text: string, isNumber: boolean): AmountResult {
  if (/^[+-]?[0-9]*\.?[0-9]+[eE][+-]?[0-9]+$/.test(text)) {
    if (text.startsWith('-')) return fault('amount_negative', 'amount must not be negative');
    if (!isNumber) return fault('amount_exponent', 'amount must be a plain decimal without an exponent');
    // JavaScript writes an exponent only from 10^21 up and below 10^-6, whatever the sender wrote.
    return text.includes('e-')
      ? fault('amount_too_precise', 'amount is smaller than any currency unit')
      : fault(
          'amount_too_large',
          `amount has more than ${AMOUNT_INTEGER_DIGITS_MAX} digits before the point`,
        );
  }
  if (/^[+-][0-9]*\.?[0-9]+$/.test(text)) {
    return text.startsWith('-') && /[1-9]/.test(text)
      ? fault('amount_negative', 'amount must not be negative')
      : fault('amount_sign', 'amount must be written without a sign');
  }
  if (/^0[0-9]+(\.[0-9]+)?$/.test(text)) {
    return fault('amount_not_a_number', 'amount must not have leading zeros');
  }
  return fault('amount_not_a_number', 'amount must be a plain decimal such as `1840.00`');
}

function significantDigits(integer: string, fraction: string): number {
  return (integer + fraction).replace(/^0+/, '').length;
}

function fault(code: AmountFaultCode, message: string): AmountResult {
  return { ok: false, code, message };
}

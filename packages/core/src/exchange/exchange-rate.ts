// exchange/exchange-rate.ts: exact exchange rates: how they are read, turned round, crossed and applied. bigint alone.
// INVARIANT: every rounding is up, so what is compared with a limit is never less than the exact amount.
import { currencyDigits, parseCurrency } from '../currency.ts';

export const METHODOLOGIES = ['daily_close', 'contract', 'budget_rate'] as const;

/**
 * How a rate came to be. `daily_close`: published for a day, goes stale by age; may be turned round and crossed.
 * `contract`: agreed with a supplier or a bank for exactly this pair, good until its last day. `budget_rate`: set by the
 * organisation for a period; may be turned round.
 */
export type Methodology = (typeof METHODOLOGIES)[number];

export const RATE_INTEGER_DIGITS_MAX = 12;
export const RATE_FRACTION_DIGITS_MAX = 12;

/** Significant digits of a rate that was turned round or crossed; the next digit is rounded up. */
const DERIVED_DIGITS = 15;

export type RateResult =
  | { readonly ok: true; readonly rate: string }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** Reads a rate: a plain decimal above zero, as text; zeros at its end are dropped. */
export function parseRate(text: string): RateResult {
  const match = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/.exec(text);
  if (match === null) return rateFault(text);
  const [, integer = '', fraction = ''] = match;
  if (integer.length > RATE_INTEGER_DIGITS_MAX || fraction.length > RATE_FRACTION_DIGITS_MAX) {
    const message = `a rate has at most ${RATE_INTEGER_DIGITS_MAX} digits before and ${RATE_FRACTION_DIGITS_MAX} after the point`;
    return { ok: false, code: 'rate_too_precise', message };
  }
  const kept = fraction.replace(/0+$/, '');
  const rate = kept === '' ? integer : `${integer}.${kept}`;
  if (rate === '0') return { ok: false, code: 'rate_zero', message: 'a rate is above zero' };
  return { ok: true, rate };
}

function rateFault(text: string): RateResult {
  if (/^[+-]?[0-9]*\.?[0-9]+[eE][+-]?[0-9]+$/.test(text)) {
    return { ok: false, code: 'rate_exponent', message: 'a rate is a plain decimal without an exponent' };
  }
  if (/^-[0-9]*\.?[0-9]+$/.test(text)) {
    return { ok: false, code: 'rate_negative', message: 'a rate is above zero' };
  }
  return { ok: false, code: 'rate_not_a_decimal', message: 'a rate is a plain decimal such as `0.9231`' };
}

/** A rate as a whole number of `10^-scale`. */
interface Scaled {
  readonly units: bigint;
  readonly scale: number;
}

function scaled(rate: string): Scaled {
  const point = rate.indexOf('.');
  return point === -1
    ? { units: BigInt(rate), scale: 0 }
    : { units: BigInt(rate.slice(0, point) + rate.slice(point + 1)), scale: rate.length - point - 1 };
}

/** The rate the other way round: 1 / rate. */
export function inverseRate(rate: string): string {
  const { units, scale } = scaled(rate);
  return derived(10n ** BigInt(scale), units);
}

/** From one currency to another by way of a third: how much of each there is for one unit of the third. */
export function crossRate({ from, to }: { readonly from: string; readonly to: string }): string {
  const below = scaled(from);
  const above = scaled(to);
  return derived(above.units * 10n ** BigInt(below.scale), below.units * 10n ** BigInt(above.scale));
}

/** A fraction as a decimal of so many significant digits, rounded up. */
function derived(numerator: bigint, denominator: bigint): string {
  // Digits of the whole part; at most one too few or too many, which costs or gives a digit of precision.
  const magnitude = numerator.toString().length - denominator.toString().length;
  const scale = Math.max(0, DERIVED_DIGITS - magnitude);
  const units = ceilOf(numerator * 10n ** BigInt(scale), denominator)
    .toString()
    .padStart(scale + 1, '0');
  if (scale === 0) return units;
  const fraction = units.slice(-scale).replace(/0+$/, '');
  return fraction === '' ? units.slice(0, -scale) : `${units.slice(0, -scale)}.${fraction}`;
}

export interface Pair {
  readonly from: string;
  readonly to: string;
}

/**
 * An amount of one currency in another, in minor units, rounded up to a whole one: zero stays zero, anything above it is
 * at least one. Throws on a currency that was not parsed before. Amounts below zero are a bug of the caller.
 */
export function applyRate(amountMinor: bigint, rate: string, { from, to }: Pair): bigint {
  if (amountMinor < 0n) throw new Error('an amount below zero is not converted');
  const { numerator, denominator } = factorOf(rate, from, to);
  return ceilOf(amountMinor * numerator, denominator);
}

/** What an amount in minor units is multiplied with. */
interface Factor {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

const FACTORS_MAX = 1_000;
// Owned by factorOf: few rates are in use at a time, and each is applied in every decision.
const factors = new Map<string, Factor>();

function factorOf(rate: string, from: string, to: string): Factor {
  const key = `${from}|${to}|${rate}`;
  const known = factors.get(key);
  if (known !== undefined) return known;
  const { units, scale } = scaled(rate);
  const factor = {
    numerator: units * 10n ** BigInt(digitsOf(to)),
    denominator: 10n ** BigInt(scale + digitsOf(from)),
  };
  if (factors.size >= FACTORS_MAX) factors.clear();
  factors.set(key, factor);
  return factor;
}

function digitsOf(currency: string): number {
  const code = parseCurrency(currency);
  if (code === undefined) throw new Error(`currency was not parsed first: ${currency}`);
  return currencyDigits(code);
}

function ceilOf(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}

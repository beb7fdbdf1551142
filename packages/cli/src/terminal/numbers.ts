// terminal/numbers.ts: numbers as people read them, the same on every machine.
import { type CurrencyCode, formatAmount, parseCurrency } from '@countersign/server';

/** `265121` is `265,121`. */
export function grouped(number: number | bigint | string): string {
  return String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `1234567 CAD` in minor units is `12,345.67 CAD`. */
export function money(minor: bigint, currency: CurrencyCode): string {
  const [integer = '', fraction] = formatAmount(minor, currency).split('.');
  return `${grouped(integer)}${fraction === undefined ? '' : `.${fraction}`} ${currency}`;
}

/** Sums by currency, largest first; `-` where there are none. */
export function moneyOf(sums: ReadonlyMap<string, bigint>): string {
  const parts = [...sums].sort(([, left], [, right]) => (left < right ? 1 : -1));
  if (parts.length === 0) return '-';
  return parts.map(([code, minor]) => money(minor, currencyOf(code))).join(' + ');
}

export function currencyOf(code: string): CurrencyCode {
  const currency = parseCurrency(code);
  if (currency === undefined) throw new Error(`\`${code}\` was counted and is no currency`);
  return currency;
}

/** `1 h 02 min`, `3 min 05 s`, `7 s`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

export function share(part: number, whole: number): string {
  return whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`;
}

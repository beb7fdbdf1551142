// exchange/convert.ts: an amount in another currency, by the rates laid before the decision. Pure: which rate applies
// (methodology, date, staleness) is settled by rate-book.ts. Evidence that is missing or stale is never a pass.
// Clause: AG-642 4 (foreign currency is evaluated by one defined, documented, consistently applied methodology).
import { type Methodology, type Pair, applyRate } from './exchange-rate.ts';

/** Rates of one decision. What it looks at becomes one of its facts. */
export interface ExchangeFacts {
  /** Rates that were looked at, or that a decision is made again from. */
  readonly rates: readonly ExchangeRateFact[];
  /**
   * Where others are found; whoever finds one adds it to `rates`, and answers the same for as long as the decision is
   * made. Left out: there are no others.
   */
  readonly find?: (pair: Pair) => ExchangeRateFact | null;
}

/** The rate of a pair as it stood for one decision. */
export interface ExchangeRateFact {
  readonly from: string;
  readonly to: string;
  /** Units of `to` for one unit of `from`, as a decimal string. */
  readonly rate: string;
  /** The day it was fixed, `2026-03-04`; of a crossed rate the older one. */
  readonly date: string;
  readonly source: string;
  readonly methodology: Methodology;
  /** `inverse`: published the other way round; a currency: crossed over it; null: published as it stands. */
  readonly via: string | null;
  /** Since when it is too old to decide by, milliseconds; null: it is good. */
  readonly staleSinceMs: number | null;
}

export type Conversion =
  | {
      readonly ok: true;
      readonly minor: bigint;
      /** null: the currencies are the same. */
      readonly rate: ExchangeRateFact | null;
    }
  | {
      readonly ok: false;
      readonly reasonCode: 'exchange_rate_missing' | 'exchange_rate_stale';
      readonly message: string;
    };

export const NO_EXCHANGE: ExchangeFacts = { rates: [] };

/** The same currency needs no rate; without a good one there is no evidence. Rounded up to a whole minor unit. */
export function convertMinor(amountMinor: bigint, pair: Pair, facts: ExchangeFacts): Conversion {
  const { from, to } = pair;
  if (from === to) return { ok: true, minor: amountMinor, rate: null };
  const rate = facts.rates.find((known) => known.from === from && known.to === to) ?? facts.find?.(pair);
  if (rate === undefined || rate === null) {
    return {
      ok: false,
      reasonCode: 'exchange_rate_missing',
      message: `There is no exchange rate from \`${from}\` to \`${to}\`, so they cannot be compared.`,
    };
  }
  if (rate.staleSinceMs !== null) {
    return {
      ok: false,
      reasonCode: 'exchange_rate_stale',
      message: `The newest exchange rate from \`${from}\` to \`${to}\` is of ${rate.date} (${rate.methodology}, ${rate.source}): it is too old to decide by since ${new Date(rate.staleSinceMs).toISOString()}.`,
    };
  }
  return { ok: true, minor: applyRate(amountMinor, rate.rate, pair), rate };
}

/** A rate for people to read: `1 USD = 0.92 EUR (daily_close of 2026-03-04, ecb)`. */
export function describeRate({ from, to, rate, methodology, date, source }: ExchangeRateFact): string {
  return `1 ${from} = ${rate} ${to} (${methodology} of ${date}, ${source})`;
}

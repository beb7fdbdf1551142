// gate/decision-rates.ts: the exchange rates of one decision: found in the compiled configuration when a control asks, and
// kept, because what a decision has looked at is one of its facts. Lives for one decision.
import {
  type ExchangeFacts,
  type ExchangeRateFact,
  type ExchangeSettings,
  NO_EXCHANGE,
  type Pair,
  type RateBook,
  findRate,
} from '@countersign/core';

/** Rates and how they are chosen, as configured. */
export interface Exchange {
  readonly book: RateBook;
  readonly settings: ExchangeSettings;
}

const DAY_MS = 86_400_000;
const FOUND_MAX = 10_000;
// Owned by DecisionRates. A book is compiled anew with every configuration, and its settings with it.
const FOUND = new WeakMap<RateBook, Map<string, ExchangeRateFact | null>>();

class DecisionRates implements ExchangeFacts {
  readonly rates: ExchangeRateFact[] = [];
  readonly #exchange: Exchange;
  readonly #atMs: number;
  readonly #supplier: string | null;

  constructor(
    exchange: Exchange,
    { atMs, supplier }: { readonly atMs: number; readonly supplier: string | null },
  ) {
    this.#exchange = exchange;
    this.#atMs = atMs;
    this.#supplier = supplier;
  }

  find(pair: Pair): ExchangeRateFact | null {
    const rate = this.#found(pair);
    if (rate !== null) this.rates.push(rate);
    return rate;
  }

  /** Rates begin and go stale with a day (UTC): within one the answer stays. */
  #found({ from, to }: Pair): ExchangeRateFact | null {
    const { book, settings } = this.#exchange;
    const known = FOUND.get(book) ?? new Map<string, ExchangeRateFact | null>();
    FOUND.set(book, known);
    const key = `${Math.floor(this.#atMs / DAY_MS)}|${from}|${to}|${this.#supplier ?? ''}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const rate = findRate(book, { from, to, atMs: this.#atMs, supplier: this.#supplier, settings });
    if (known.size >= FOUND_MAX) known.clear();
    known.set(key, rate);
    return rate;
  }
}

/** Where nothing was ever published there is nothing to find. */
export function exchangeFacts(
  exchange: Exchange,
  query: { readonly atMs: number; readonly supplier: string | null },
): ExchangeFacts {
  return exchange.book.byKey.size === 0 ? NO_EXCHANGE : new DecisionRates(exchange, query);
}

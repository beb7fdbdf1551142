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
    const { book, settings } = this.#exchange;
    const rate = findRate(book, { ...pair, atMs: this.#atMs, supplier: this.#supplier, settings });
    if (rate !== null) this.rates.push(rate);
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

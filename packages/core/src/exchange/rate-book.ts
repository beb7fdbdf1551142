// exchange/rate-book.ts: which of the published rates applies to a pair at an instant: the methodology in words.
// 1. A contract rate for this supplier and pair, then one for the pair, while it is good.
// 2. The methodology of the settings: the newest rate of the pair itself, else turned round, else crossed over a currency
//    both are quoted against, as far as the methodology allows. The first that is good; if none is, the first that went stale.
// Pure. Must not fall back to another methodology: a rate that nobody chose is no evidence.
import { type ExchangeRateFact } from './convert.ts';
import { type Methodology, type Pair, crossRate, inverseRate } from './exchange-rate.ts';

/** A rate as it was published. */
export interface PublishedRate {
  readonly base: string;
  readonly quote: string;
  /** Units of `quote` for one unit of `base`. */
  readonly rate: string;
  /** `2026-03-04`: fixed on this day, UTC. */
  readonly date: string;
  readonly source: string;
  readonly methodology: Methodology;
  /** Of contract rates: for what is bought from this supplier alone. */
  readonly supplier: string | null;
  /** First and last day on which a contract or budget rate is good, UTC; null: a daily close has none. */
  readonly validFrom: string | null;
  readonly validUntil: string | null;
}

export interface ExchangeSettings {
  readonly methodology: Methodology;
  /** Whole days after the end of its date for which a daily close is good. */
  readonly dailyCloseMaxAgeDays: number;
}

/** Four days: the close of a Friday is good until the end of the Tuesday after it. */
export const DEFAULT_EXCHANGE: ExchangeSettings = { methodology: 'daily_close', dailyCloseMaxAgeDays: 4 };

/** The published rates by what they are asked for. Never changed. */
export interface RateBook {
  /** `daily_close|EUR|USD|` -> newest first. */
  readonly byKey: ReadonlyMap<string, readonly PublishedRate[]>;
  /** Methodology and quote -> the bases it is quoted against, in order. */
  readonly basesOf: ReadonlyMap<string, readonly string[]>;
}

export interface RateQuery extends Pair {
  readonly atMs: number;
  /** Whom it is bought from: a supplier's id or the exact vendor. */
  readonly supplier: string | null;
  readonly settings: ExchangeSettings;
}

const DAY_MS = 86_400_000;

const DERIVATIONS: Readonly<Record<Methodology, { readonly inverse: boolean; readonly cross: boolean }>> = {
  daily_close: { inverse: true, cross: true },
  contract: { inverse: false, cross: false },
  budget_rate: { inverse: true, cross: false },
};

export const EMPTY_RATE_BOOK: RateBook = { byKey: new Map(), basesOf: new Map() };

/** `rates`: of those for one pair, methodology, supplier and date the last one published comes last. */
export function compileRateBook(rates: readonly PublishedRate[]): RateBook {
  if (rates.length === 0) return EMPTY_RATE_BOOK;
  const byKey = new Map<string, PublishedRate[]>();
  const basesOf = new Map<string, Set<string>>();
  for (const rate of rates) {
    const key = keyOf(rate.methodology, rate.base, rate.quote, rate.supplier);
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, [rate]);
    else known.unshift(rate);
    const quoteKey = `${rate.methodology}|${rate.quote}`;
    const bases = basesOf.get(quoteKey) ?? new Set();
    basesOf.set(quoteKey, bases.add(rate.base));
  }
  // Stable: of one date, the one published last stays first.
  for (const known of byKey.values()) known.sort((a, b) => (a.date < b.date ? 1 : a.date > b.date ? -1 : 0));
  return {
    byKey,
    basesOf: new Map([...basesOf].map(([key, bases]) => [key, [...bases].sort()])),
  };
}

/** The rate that applies; one that is too old says since when; null: there is none. */
export function findRate(book: RateBook, query: RateQuery): ExchangeRateFact | null {
  const { supplier, settings } = query;
  if (supplier !== null) {
    const agreed = published(book, 'contract', query, supplier);
    if (agreed?.staleSinceMs === null) return agreed;
  }
  const contract = published(book, 'contract', query, null);
  if (contract?.staleSinceMs === null) return contract;
  let stale: ExchangeRateFact | null = null;
  for (const candidate of candidates(book, settings.methodology, query)) {
    if (candidate.staleSinceMs === null) return candidate;
    stale ??= candidate;
  }
  return stale;
}

function* candidates(
  book: RateBook,
  methodology: Methodology,
  query: RateQuery,
): Generator<ExchangeRateFact> {
  const direct = published(book, methodology, query, null);
  if (direct !== null) yield direct;
  const allowed = DERIVATIONS[methodology];
  if (allowed.inverse) {
    const other = published(book, methodology, { ...query, from: query.to, to: query.from }, null);
    if (other !== null) {
      yield { ...other, from: query.from, to: query.to, rate: inverseRate(other.rate), via: 'inverse' };
    }
  }
  if (allowed.cross) yield* crossed(book, methodology, query);
}

/** Over each currency that both are quoted against by one source, in the order of their codes. */
function* crossed(book: RateBook, methodology: Methodology, query: RateQuery): Generator<ExchangeRateFact> {
  const bases = book.basesOf.get(`${methodology}|${query.from}`) ?? [];
  for (const base of bases) {
    if (base === query.to) continue; // that is the inverse
    const from = published(book, methodology, { ...query, from: base, to: query.from }, null);
    const to = published(book, methodology, { ...query, from: base, to: query.to }, null);
    if (to === null || from?.source !== to.source) continue;
    yield {
      ...to,
      from: query.from,
      rate: crossRate({ from: from.rate, to: to.rate }),
      date: from.date < to.date ? from.date : to.date,
      via: base,
      staleSinceMs: earlier(from.staleSinceMs, to.staleSinceMs),
    };
  }
}

/** The newest rate published for exactly this pair that is good, else the newest that was; none from after the instant. */
function published(
  book: RateBook,
  methodology: Methodology,
  { from, to, atMs, settings }: RateQuery,
  supplier: string | null,
): ExchangeRateFact | null {
  let stale: ExchangeRateFact | null = null;
  for (const rate of book.byKey.get(keyOf(methodology, from, to, supplier)) ?? []) {
    if (atMs < startOf(rate.validFrom ?? rate.date)) continue;
    const endMs = endOf(rate, settings);
    const fact: ExchangeRateFact = {
      from,
      to,
      rate: rate.rate,
      date: rate.date,
      source: rate.source,
      methodology,
      via: null,
      staleSinceMs: atMs < endMs ? null : endMs,
    };
    if (fact.staleSinceMs === null) return fact;
    stale ??= fact;
  }
  return stale;
}

/** The first instant at which a rate is too old. */
function endOf(rate: PublishedRate, settings: ExchangeSettings): number {
  if (rate.methodology === 'daily_close') {
    return startOf(rate.date) + (1 + settings.dailyCloseMaxAgeDays) * DAY_MS;
  }
  return startOf(rate.validUntil ?? rate.date) + DAY_MS;
}

function startOf(date: string): number {
  return Date.parse(`${date}T00:00:00Z`);
}

function earlier(left: number | null, right: number | null): number | null {
  if (left === null || right === null) return left ?? right;
  return Math.min(left, right);
}

function keyOf(methodology: Methodology, base: string, quote: string, supplier: string | null): string {
  return `${methodology}|${base}|${quote}|${supplier ?? ''}`;
}

// ledger/list-exchange-rates.ts: published exchange rates, the last published first.
import type { Statement } from '../db/statement.ts';
import type { ExchangeRateRow } from './newest-exchange-rates.ts';

export interface ListedExchangeRateRow extends ExchangeRateRow {
  rate_id: string;
  revision: number;
  published_by: string;
  created_at: Date;
  entry_id: bigint;
  line: number;
}

export interface ExchangeRateFilter {
  readonly base?: string | undefined;
  readonly quote?: string | undefined;
  readonly methodology?: string | undefined;
  readonly supplier?: string | undefined;
  readonly source?: string | undefined;
  /** First and last date, inclusive. */
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  /** Only what was published before this entry and line. */
  readonly before: { readonly entryId: bigint; readonly line: number } | null;
  readonly limit: number;
}

export function listExchangeRates(filter: ExchangeRateFilter): Statement {
  return {
    name: 'list_exchange_rates',
    text: `SELECT rate_id, base, quote, rate, rate_date::text, source, methodology, supplier, valid_from::text,
             valid_until::text, revision, published_by, created_at, entry_id, line
           FROM exchange_rate
           WHERE ($1::text IS NULL OR base = $1) AND ($2::text IS NULL OR quote = $2)
             AND ($3::text IS NULL OR methodology = $3) AND ($4::text IS NULL OR supplier = $4)
             AND ($5::text IS NULL OR source = $5) AND ($6::date IS NULL OR rate_date >= $6)
             AND ($7::date IS NULL OR rate_date <= $7)
             AND ($8::int8 IS NULL OR (entry_id, line) < ($8, $9::int4))
           ORDER BY entry_id DESC, line DESC LIMIT $10`,
    values: [
      filter.base ?? null,
      filter.quote ?? null,
      filter.methodology ?? null,
      filter.supplier ?? null,
      filter.source ?? null,
      filter.from ?? null,
      filter.until ?? null,
      filter.before?.entryId ?? null,
      filter.before?.line ?? null,
      filter.limit,
    ],
  };
}

// ledger/insert-exchange-rates.ts: stores published exchange rates, for good.
import { rowStatement } from '../db/row-statement.ts';
import type { Statement } from '../db/statement.ts';

export interface ExchangeRateInsert {
  readonly rateId: string;
  readonly base: string;
  readonly quote: string;
  readonly rate: string;
  readonly date: string;
  readonly source: string;
  readonly methodology: string;
  /** Empty: whomever it is bought from. */
  readonly supplier: string;
  readonly validFrom: string | null;
  readonly validUntil: string | null;
  readonly revision: number;
  readonly publishedBy: string;
  readonly createdAtMs: number;
  readonly entryId: bigint;
  readonly line: number;
}

const statement = rowStatement<ExchangeRateInsert>({
  name: 'insert_exchange_rates',
  columns: [
    ['rate_id', 'text', (row) => row.rateId],
    ['base', 'text', (row) => row.base],
    ['quote', 'text', (row) => row.quote],
    ['rate', 'text', (row) => row.rate],
    ['rate_date', 'text', (row) => row.date],
    ['source', 'text', (row) => row.source],
    ['methodology', 'text', (row) => row.methodology],
    ['supplier', 'text', (row) => row.supplier],
    ['valid_from', 'text', (row) => row.validFrom],
    ['valid_until', 'text', (row) => row.validUntil],
    ['revision', 'int4', (row) => row.revision],
    ['published_by', 'text', (row) => row.publishedBy],
    ['created_at', 'timestamptz', (row) => row.createdAtMs],
    ['entry_id', 'int8', (row) => row.entryId],
    ['line', 'int4', (row) => row.line],
  ],
  text: (
    rows,
  ) => `INSERT INTO exchange_rate (rate_id, base, quote, rate, rate_date, source, methodology, supplier, valid_from,
             valid_until, revision, published_by, created_at, entry_id, line)
           SELECT rate_id, base, quote, rate, rate_date::date, source, methodology, supplier, valid_from::date,
             valid_until::date, revision, published_by, created_at, entry_id, line
           FROM ${rows}`,
});

export function insertExchangeRates(rows: readonly ExchangeRateInsert[]): Statement {
  return statement(rows);
}

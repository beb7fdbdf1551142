// ledger/find-exchange-rate-revisions.ts: which of some rates were published before, and as what last.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';
import type { ExchangeRateInsert } from './insert-exchange-rates.ts';

/** `ordinal`: place in the list that was asked about. */
export interface ExchangeRateRevisionRow {
  ordinal: number;
  rate_id: string;
  rate: string;
  valid_from: string | null;
  valid_until: string | null;
  revision: number;
}

export function findExchangeRateRevisions(
  rates: readonly Pick<
    ExchangeRateInsert,
    'methodology' | 'base' | 'quote' | 'supplier' | 'date' | 'source'
  >[],
): Statement {
  return {
    name: 'find_exchange_rate_revisions',
    text: `SELECT DISTINCT ON (asked.ordinal) asked.ordinal, known.rate_id, known.rate, known.valid_from::text,
             known.valid_until::text, known.revision
           FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int4[])
             AS asked (methodology, base, quote, supplier, rate_date, source, ordinal)
           JOIN exchange_rate AS known ON known.methodology = asked.methodology AND known.base = asked.base
             AND known.quote = asked.quote AND known.supplier = asked.supplier
             AND known.rate_date = asked.rate_date::date AND known.source = asked.source
           ORDER BY asked.ordinal, known.revision DESC`,
    values: [
      binaryArray.text(rates.map((rate) => rate.methodology)),
      binaryArray.text(rates.map((rate) => rate.base)),
      binaryArray.text(rates.map((rate) => rate.quote)),
      binaryArray.text(rates.map((rate) => rate.supplier)),
      binaryArray.text(rates.map((rate) => rate.date)),
      binaryArray.text(rates.map((rate) => rate.source)),
      binaryArray.int4(rates.map((_, index) => index)),
    ],
  };
}

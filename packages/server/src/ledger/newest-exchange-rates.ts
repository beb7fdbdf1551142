// ledger/newest-exchange-rates.ts: the rates that may apply now: of each pair, methodology and supplier the newest ones.
// Goes from pair to pair by the index, so that a long history costs nothing.
import type { Statement } from '../db/statement.ts';

export interface ExchangeRateRow {
  base: string;
  quote: string;
  rate: string;
  rate_date: string;
  source: string;
  methodology: 'daily_close' | 'contract' | 'budget_rate';
  /** Empty: whomever it is bought from. */
  supplier: string;
  valid_from: string | null;
  valid_until: string | null;
}

/** A rate with a period of its own may be published ahead of it, or be good for longer than a newer one. */
const PERIODS_KEPT = 24;

/** Oldest first. */
export function newestExchangeRates(): Statement {
  return {
    name: 'newest_exchange_rates',
    text: `WITH RECURSIVE pair AS (
             (SELECT methodology, base, quote, supplier FROM exchange_rate
              ORDER BY methodology, base, quote, supplier LIMIT 1)
             UNION ALL
             SELECT following.* FROM pair CROSS JOIN LATERAL
               (SELECT methodology, base, quote, supplier FROM exchange_rate AS later
                WHERE (later.methodology, later.base, later.quote, later.supplier)
                  > (pair.methodology, pair.base, pair.quote, pair.supplier)
                ORDER BY methodology, base, quote, supplier LIMIT 1) AS following
           )
           SELECT newest.base, newest.quote, newest.rate, newest.rate_date::text, newest.source, newest.methodology,
             newest.supplier, newest.valid_from::text, newest.valid_until::text
           FROM pair CROSS JOIN LATERAL
             (SELECT * FROM exchange_rate AS one
              WHERE one.methodology = pair.methodology AND one.base = pair.base AND one.quote = pair.quote
                AND one.supplier = pair.supplier
              ORDER BY one.rate_date DESC, one.entry_id DESC, one.line DESC
              LIMIT CASE pair.methodology WHEN 'daily_close' THEN 1 ELSE ${PERIODS_KEPT} END) AS newest
           ORDER BY newest.rate_date, newest.entry_id, newest.line`,
    values: [],
  };
}

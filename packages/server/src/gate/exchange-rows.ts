// gate/exchange-rows.ts: exchange rates as the record and the rows keep them, and back. Plain data; what is null is left out.
import {
  type ExchangeRateFact,
  type Methodology,
  NO_PERIOD_RATES,
  type PeriodRates,
} from '@countersign/core';

/** From, to, rate, date, source, methodology, what it was derived over (empty: nothing), since when it is stale. */
export type RateRow = [
  from: string,
  to: string,
  rate: string,
  date: string,
  source: string,
  methodology: string,
  via?: string,
  staleSinceMs?: number,
];

/** A period and the frozen rate it is converted at. */
export type PeriodRateRow = [periodId: number, ...rate: RateRow];

export function rateRow(fact: ExchangeRateFact): RateRow {
  const row: RateRow = [fact.from, fact.to, fact.rate, fact.date, fact.source, fact.methodology];
  if (fact.via !== null || fact.staleSinceMs !== null) row.push(fact.via ?? '');
  if (fact.staleSinceMs !== null) row.push(fact.staleSinceMs);
  return row;
}

export function rateOfRow([
  from,
  to,
  rate,
  date,
  source,
  methodology,
  via,
  staleSinceMs,
]: Readonly<RateRow>): ExchangeRateFact {
  return {
    from,
    to,
    rate,
    date,
    source,
    methodology: methodology as Methodology, // written by rateRow
    via: via === undefined || via === '' ? null : via,
    staleSinceMs: staleSinceMs ?? null,
  };
}

/** undefined: all its periods are in its own currency. */
export function periodRateRows(rates: PeriodRates): PeriodRateRow[] | undefined {
  if (rates.size === 0) return undefined;
  return [...rates].map(([periodId, rate]): PeriodRateRow => [Number(periodId), ...rateRow(rate)]);
}

/** `rows`: as `periodRateRows` wrote them; null: none. */
export function periodRatesOfRows(rows: unknown): PeriodRates {
  if (rows === null || rows === undefined) return NO_PERIOD_RATES;
  return new Map(
    (rows as PeriodRateRow[]).map(([periodId, ...rate]) => [BigInt(periodId), rateOfRow(rate)]), // by periodRateRows
  );
}

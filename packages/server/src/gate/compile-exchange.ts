// gate/compile-exchange.ts: the published exchange rates and how they are chosen, from their rows.
import {
  DEFAULT_EXCHANGE,
  type ExchangeSettings,
  METHODOLOGIES,
  type PublishedRate,
  compileRateBook,
} from '@countersign/core';

import type { StoredSettings } from '../ledger/load-configuration.ts';
import type { ExchangeRateRow } from '../ledger/newest-exchange-rates.ts';
import type { Exchange } from './decision-rates.ts';

/** `exchangeRates`: oldest first. */
export function compileExchange({
  exchangeRates,
  settings,
}: {
  readonly exchangeRates: readonly ExchangeRateRow[];
  readonly settings: StoredSettings;
}): Exchange {
  return { book: compileRateBook(exchangeRates.map(publishedRate)), settings: exchangeSettings(settings) };
}

function publishedRate(row: ExchangeRateRow): PublishedRate {
  return {
    base: row.base,
    quote: row.quote,
    rate: row.rate,
    date: row.rate_date,
    source: row.source,
    methodology: row.methodology,
    supplier: row.supplier === '' ? null : row.supplier,
    validFrom: row.valid_from,
    validUntil: row.valid_until,
  };
}

/** Written by admin/settings, checked there. */
function exchangeSettings(stored: StoredSettings): ExchangeSettings {
  const days = stored['daily_close_max_age_days'];
  return {
    methodology:
      METHODOLOGIES.find((known) => known === stored['exchange_methodology']) ?? DEFAULT_EXCHANGE.methodology,
    dailyCloseMaxAgeDays: typeof days === 'number' ? days : DEFAULT_EXCHANGE.dailyCloseMaxAgeDays,
  };
}

// http/present-rate.ts: an exchange rate that a decision used, or would use now, as the API shows it.
import type { ExchangeRateFact } from '@countersign/core';
import type { AppliedRate } from '@countersign/contract';

export function presentRate(fact: ExchangeRateFact): AppliedRate {
  return {
    from: fact.from,
    to: fact.to,
    rate: fact.rate,
    date: fact.date,
    source: fact.source,
    methodology: fact.methodology,
    via: fact.via,
    stale_since: fact.staleSinceMs === null ? null : new Date(fact.staleSinceMs).toISOString(),
  };
}

// ledger/update-period-rates.ts: writes the frozen exchange rates of a request. Only few have any, so no insert of a request
// carries them.
import type { Statement } from '../db/statement.ts';

/** `periodRates`: null: none. */
export function updatePeriodRates({
  requestId,
  periodRates,
}: {
  readonly requestId: string;
  readonly periodRates: unknown;
}): Statement {
  return {
    name: 'update_period_rates',
    text: 'UPDATE purchase_request SET period_rates = $2 WHERE request_id = $1',
    values: [requestId, periodRates === null ? null : JSON.stringify(periodRates)],
  };
}

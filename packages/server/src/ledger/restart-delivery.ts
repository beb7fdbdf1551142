// ledger/restart-delivery.ts: makes a delivery that is over due again, under its endpoint's lock. The id stays, so a
// receiver that has seen it knows it again.
import type { Statement } from '../db/statement.ts';

/** Changes nothing about a delivery that is still pending. */
export function restartDelivery(deliveryId: string, nowMs: number): Statement {
  return {
    name: 'restart_delivery',
    text: `UPDATE webhook_delivery SET status = 'pending', attempts = 0, next_attempt_at = $2::timestamptz
           WHERE delivery_id = $1 AND status <> 'pending'`,
    values: [deliveryId, new Date(nowMs)],
  };
}

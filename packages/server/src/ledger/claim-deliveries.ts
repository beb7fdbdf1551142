// ledger/claim-deliveries.ts: takes due deliveries for one attempt. Until the lease is over no other gateway takes them;
// one that crashes meanwhile costs an attempt and no delivery.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface ClaimedDeliveryRow {
  delivery_id: string;
  endpoint_id: string;
  leaf_index: bigint;
  subject_id: string;
  /** This attempt included. */
  attempts: number;
}

export function claimDeliveries(
  slots: readonly { readonly endpointId: string; readonly count: number }[],
  { nowMs, leaseMs }: { readonly nowMs: number; readonly leaseMs: number },
): Statement {
  return {
    name: 'claim_deliveries',
    text: `UPDATE webhook_delivery SET attempts = attempts + 1, next_attempt_at = $4::timestamptz
           WHERE delivery_id IN (
             SELECT due.delivery_id FROM unnest($1::text[], $2::int4[]) AS slot (endpoint_id, count)
             CROSS JOIN LATERAL (
               SELECT delivery_id FROM webhook_delivery
               WHERE endpoint_id = slot.endpoint_id AND status = 'pending' AND next_attempt_at <= $3::timestamptz
               ORDER BY next_attempt_at LIMIT slot.count FOR NO KEY UPDATE SKIP LOCKED
             ) AS due)
           RETURNING delivery_id, endpoint_id, leaf_index, subject_id, attempts`,
    values: [
      binaryArray.text(slots.map(({ endpointId }) => endpointId)),
      binaryArray.int4(slots.map(({ count }) => count)),
      new Date(nowMs),
      new Date(nowMs + leaseMs),
    ],
  };
}

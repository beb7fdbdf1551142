// ledger/find-delivery.ts: one delivery by its id.
import type { Statement } from '../db/statement.ts';
import type { DeliveryRow } from './list-deliveries.ts';

export type FoundDeliveryRow = DeliveryRow;

export function findDelivery(deliveryId: string): Statement {
  return {
    name: 'find_delivery',
    text: `SELECT delivery_id, endpoint_id, leaf_index, event_type, subject_id, status, attempts, next_attempt_at,
             last_status_code, last_error, created_at, delivered_at
           FROM webhook_delivery WHERE delivery_id = $1`,
    values: [deliveryId],
  };
}

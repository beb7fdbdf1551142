// ledger/list-deliveries.ts: the delivery log of an endpoint, newest first.
import type { Statement } from '../db/statement.ts';

export interface DeliveryRow {
  delivery_id: string;
  endpoint_id: string;
  leaf_index: bigint;
  event_type: string;
  subject_id: string;
  status: 'pending' | 'delivered' | 'failed';
  attempts: number;
  next_attempt_at: Date | null;
  last_status_code: number | null;
  last_error: string | null;
  created_at: Date;
  delivered_at: Date | null;
}

export interface DeliveryQuery {
  readonly endpointId: string;
  /** Only deliveries older than this one; null: from the newest. */
  readonly before: string | null;
  readonly status: DeliveryRow['status'] | null;
  readonly limit: number;
}

export function listDeliveries({ endpointId, before, status, limit }: DeliveryQuery): Statement {
  return {
    name: 'list_deliveries',
    text: `SELECT delivery_id, endpoint_id, leaf_index, event_type, subject_id, status, attempts, next_attempt_at,
             last_status_code, last_error, created_at, delivered_at
           FROM webhook_delivery
           WHERE endpoint_id = $1 AND ($2::text IS NULL OR delivery_id < $2) AND ($3::text IS NULL OR status = $3)
           ORDER BY delivery_id DESC LIMIT $4::int`,
    values: [endpointId, before, status, limit],
  };
}

// ledger/insert-deliveries.ts: plans deliveries to one endpoint, under its lock. Only the first pending delivery of a
// subject is due: the others wait for it, so that they go out in order.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface NewDelivery {
  readonly deliveryId: string;
  readonly leafIndex: number;
  readonly eventType: string;
  readonly subjectId: string;
}

/** In the order of their leaves. */
export function insertDeliveries(
  endpointId: string,
  deliveries: readonly NewDelivery[],
  nowMs: number,
): Statement {
  const subjects = new Set<string>();
  const isFirst = deliveries.map(({ subjectId }) => {
    const first = !subjects.has(subjectId);
    subjects.add(subjectId);
    return first;
  });
  return {
    name: 'insert_deliveries',
    text: `INSERT INTO webhook_delivery (delivery_id, endpoint_id, leaf_index, event_type, subject_id, status,
             next_attempt_at, created_at)
           SELECT delivery_id, $1, leaf_index, event_type, subject_id, 'pending',
             CASE WHEN is_first AND NOT EXISTS (
               SELECT FROM webhook_delivery AS earlier
               WHERE earlier.endpoint_id = $1 AND earlier.subject_id = new.subject_id AND earlier.status = 'pending'
             ) THEN $2::timestamptz END, $2::timestamptz
           FROM unnest($3::text[], $4::int8[], $5::text[], $6::text[], $7::bool[])
             AS new (delivery_id, leaf_index, event_type, subject_id, is_first)`,
    values: [
      endpointId,
      new Date(nowMs),
      binaryArray.text(deliveries.map(({ deliveryId }) => deliveryId)),
      binaryArray.int8(deliveries.map(({ leafIndex }) => BigInt(leafIndex))),
      binaryArray.text(deliveries.map(({ eventType }) => eventType)),
      binaryArray.text(deliveries.map(({ subjectId }) => subjectId)),
      binaryArray.bool(isFirst),
    ],
  };
}

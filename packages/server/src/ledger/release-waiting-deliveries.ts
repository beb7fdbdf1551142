// ledger/release-waiting-deliveries.ts: after a delivery of a subject is done with, the next one of it is due.
// Sent under the locks of their endpoints, after the finished deliveries were noted.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export function releaseWaitingDeliveries(
  subjects: readonly { readonly endpointId: string; readonly subjectId: string }[],
  nowMs: number,
): Statement {
  return {
    name: 'release_waiting_deliveries',
    text: `UPDATE webhook_delivery SET next_attempt_at = $3::timestamptz
           WHERE next_attempt_at IS NULL AND delivery_id IN (
             SELECT next.delivery_id FROM unnest($1::text[], $2::text[]) AS done (endpoint_id, subject_id)
             CROSS JOIN LATERAL (
               SELECT delivery_id FROM webhook_delivery
               WHERE endpoint_id = done.endpoint_id AND subject_id = done.subject_id AND status = 'pending'
               ORDER BY leaf_index LIMIT 1
             ) AS next)`,
    values: [
      binaryArray.text(subjects.map(({ endpointId }) => endpointId)),
      binaryArray.text(subjects.map(({ subjectId }) => subjectId)),
      new Date(nowMs),
    ],
  };
}

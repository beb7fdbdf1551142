// ledger/finish-attempts.ts: what became of attempts to deliver: delivered, to be tried again, or given up.
// Sent under the locks of their endpoints.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface FinishedAttempt {
  readonly deliveryId: string;
  readonly endpointId: string;
  readonly subjectId: string;
  readonly status: 'pending' | 'delivered' | 'failed';
  /** Of a delivery that stays pending. */
  readonly nextAttemptAtMs: number | null;
  readonly statusCode: number | null;
  readonly error: string | null;
  readonly atMs: number;
}

export function finishAttempts(attempts: readonly FinishedAttempt[]): Statement {
  return {
    name: 'finish_attempts',
    text: `UPDATE webhook_delivery SET status = done.status, next_attempt_at = done.next_attempt_at,
             last_status_code = done.status_code, last_error = done.error,
             delivered_at = CASE WHEN done.status = 'delivered' THEN done.at ELSE delivered_at END
           FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::int4[], $5::text[], $6::timestamptz[])
             AS done (delivery_id, status, next_attempt_at, status_code, error, at)
           WHERE webhook_delivery.delivery_id = done.delivery_id`,
    values: [
      binaryArray.text(attempts.map(({ deliveryId }) => deliveryId)),
      binaryArray.text(attempts.map(({ status }) => status)),
      binaryArray.timestamptz(attempts.map(({ nextAttemptAtMs }) => nextAttemptAtMs)),
      binaryArray.int4(attempts.map(({ statusCode }) => statusCode)),
      binaryArray.text(attempts.map(({ error }) => error)),
      binaryArray.timestamptz(attempts.map(({ atMs }) => atMs)),
    ],
  };
}

// ledger/insert-change-response.ts: remembers what was answered to a change, without secrets.
import type { Statement } from '../db/statement.ts';
import { type IdempotencyKey, idempotencyKeyHash } from './idempotency-key.ts';

type ChangeResponse = IdempotencyKey & {
  readonly bodyHash: Buffer;
  readonly resourceId: string;
  /** null where the answer held a secret: it is not kept. */
  readonly response: unknown;
  readonly at: Date;
};

export function insertChangeResponse(row: ChangeResponse): Statement {
  return {
    name: 'insert_change_response',
    text: `INSERT INTO idempotency_key (key_hash, body_hash, resource_id, response, created_at)
           VALUES ($1::uuid, $2, $3, $4, $5)`,
    values: [
      idempotencyKeyHash(row),
      row.bodyHash,
      row.resourceId,
      row.response === null ? null : JSON.stringify(row.response),
      row.at,
    ],
  };
}

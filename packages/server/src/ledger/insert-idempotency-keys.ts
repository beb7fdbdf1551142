// ledger/insert-idempotency-keys.ts: stores the keys of what a batch did. Sent under the locks on them, after nobody was found to
// have them.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';
import type { IdempotencyClaim } from './idempotency-key.ts';

export function insertIdempotencyKeys(claims: readonly IdempotencyClaim[], nowMs: number): Statement {
  return {
    name: 'insert_idempotency_keys',
    text: `INSERT INTO idempotency_key (key_hash, body_hash, resource_id, created_at)
           SELECT new.*, $4::timestamptz FROM unnest($1::text[]::uuid[], $2::bytea[], $3::text[]) AS new`,
    values: [
      binaryArray.text(claims.map((claim) => claim.keyHash)),
      binaryArray.bytea(claims.map((claim) => claim.bodyHash)),
      binaryArray.text(claims.map((claim) => claim.resourceId)),
      new Date(nowMs),
    ],
  };
}

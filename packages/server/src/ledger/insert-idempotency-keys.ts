// ledger/insert-idempotency-keys.ts: stores the keys of steps that went through. Sent under the locks on them, after
// nobody was found to have them.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';
import type { IdempotencyClaim } from './claim-idempotency-keys.ts';

export function insertIdempotencyKeys(claims: readonly IdempotencyClaim[], nowMs: number): Statement {
  return {
    name: 'insert_idempotency_keys',
    text: `INSERT INTO idempotency_key (scope, operation, key, body_hash, resource_id, created_at)
           SELECT new.*, $6::timestamptz FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::text[]) AS new`,
    values: [
      binaryArray.text(claims.map((claim) => claim.scope)),
      binaryArray.text(claims.map((claim) => claim.operation)),
      binaryArray.text(claims.map((claim) => claim.key)),
      binaryArray.bytea(claims.map((claim) => claim.bodyHash)),
      binaryArray.text(claims.map((claim) => claim.resourceId)),
      new Date(nowMs),
    ],
  };
}

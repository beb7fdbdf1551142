// ledger/find-idempotency-keys.ts: who holds these keys now. Sent after the claim, so that it sees what the claim waited for.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';
import type { IdempotencyClaim } from './claim-idempotency-keys.ts';

export interface IdempotencyRow {
  scope: string;
  operation: string;
  key: string;
  body_hash: Buffer;
  resource_id: string;
}

export function findIdempotencyKeys(claims: readonly IdempotencyClaim[]): Statement {
  return {
    name: 'find_idempotency_keys',
    text: `SELECT scope, operation, key, body_hash, resource_id FROM idempotency_key
           WHERE (scope, operation, key) IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]))`,
    values: [
      binaryArray.text(claims.map((claim) => claim.scope)),
      binaryArray.text(claims.map((claim) => claim.operation)),
      binaryArray.text(claims.map((claim) => claim.key)),
    ],
  };
}

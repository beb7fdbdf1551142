// ledger/claim-idempotency-keys.ts: claims keys for new resources; keys that somebody else has are not returned.
// Waits for another transaction that is claiming the same key, so its outcome is known afterwards.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface IdempotencyKey {
  readonly scope: string;
  readonly operation: string;
  readonly key: string;
}

export interface IdempotencyClaim extends IdempotencyKey {
  readonly bodyHash: Buffer;
  /** Of an opening what it opened, of a step the first log entry it wrote. */
  readonly resourceId: string;
}

/** `claims` sorted by scope, operation and key, each once. */
export function claimIdempotencyKeys(claims: readonly IdempotencyClaim[], nowMs: number): Statement {
  return {
    name: 'claim_idempotency_keys',
    text: `INSERT INTO idempotency_key (scope, operation, key, body_hash, resource_id, created_at)
           SELECT new.*, $6::timestamptz FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::text[]) AS new
           ON CONFLICT (scope, operation, key) DO NOTHING
           RETURNING resource_id`,
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

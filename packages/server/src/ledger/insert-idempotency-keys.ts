// ledger/insert-idempotency-keys.ts: stores the keys of what a batch did. Sent under the locks on them, after nobody was found to
// have them.
import { rowStatement } from '../db/row-statement.ts';
import type { Statement } from '../db/statement.ts';
import type { IdempotencyClaim } from './idempotency-key.ts';

const statement = rowStatement<IdempotencyClaim & { readonly createdAtMs: number }>({
  name: 'insert_idempotency_keys',
  columns: [
    ['key_hash', 'text', (claim) => claim.keyHash],
    ['body_hash', 'bytea', (claim) => claim.bodyHash],
    ['resource_id', 'text', (claim) => claim.resourceId],
    ['created_at', 'timestamptz', (claim) => claim.createdAtMs],
  ],
  text: (rows) => `INSERT INTO idempotency_key (key_hash, body_hash, resource_id, created_at)
           SELECT key_hash::uuid, body_hash, resource_id, created_at FROM ${rows}`,
});

export function insertIdempotencyKeys(claims: readonly IdempotencyClaim[], nowMs: number): Statement {
  return statement(claims.map((claim) => ({ ...claim, createdAtMs: nowMs })));
}

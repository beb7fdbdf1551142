// ledger/find-idempotency-keys.ts: who holds these keys now. Sent after the claim or lock, so that it sees what that waited for.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';
import { type IdempotencyKey, idempotencyHash } from './idempotency-key.ts';

export interface IdempotencyRow {
  scope: string;
  operation: string;
  key: string;
  body_hash: Buffer;
  resource_id: string;
}

export function findIdempotencyKeys(keys: readonly IdempotencyKey[]): Statement {
  return {
    name: 'find_idempotency_keys',
    text: `SELECT scope, operation, key, body_hash, resource_id
           FROM unnest($1::text[]::uuid[], $2::text[], $3::text[], $4::text[]) AS wanted (key_hash, scope, operation, key)
           JOIN idempotency_key USING (key_hash)`,
    values: [
      binaryArray.text(keys.map(idempotencyHash)),
      binaryArray.text(keys.map((key) => key.scope)),
      binaryArray.text(keys.map((key) => key.operation)),
      binaryArray.text(keys.map((key) => key.key)),
    ],
  };
}

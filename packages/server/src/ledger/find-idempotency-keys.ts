// ledger/find-idempotency-keys.ts: what these keys were taken for. Sent under the locks on them.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface IdempotencyRow {
  /** Hex. */
  key_hash: string;
  body_hash: Buffer;
  resource_id: string;
}

export function findIdempotencyKeys(keyHashes: readonly string[]): Statement {
  return {
    name: 'find_idempotency_keys',
    text: `SELECT replace(key_hash::text, '-', '') AS key_hash, body_hash, resource_id
           FROM idempotency_key WHERE key_hash = ANY ($1::text[]::uuid[])`,
    values: [binaryArray.text(keyHashes)],
  };
}

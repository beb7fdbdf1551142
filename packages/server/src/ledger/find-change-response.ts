// ledger/find-change-response.ts: what was answered to a change with this idempotency key. Under the configuration lock, so
// nobody is storing one.
import type { Statement } from '../db/statement.ts';
import { type IdempotencyKey, idempotencyKeyHash } from './idempotency-key.ts';

export interface ChangeResponseRow {
  body_hash: Buffer;
  resource_id: string;
  response: unknown;
}

export function findChangeResponse(key: IdempotencyKey): Statement {
  return {
    name: 'find_change_response',
    text: 'SELECT body_hash, resource_id, response FROM idempotency_key WHERE key_hash = $1::uuid',
    values: [idempotencyKeyHash(key)],
  };
}

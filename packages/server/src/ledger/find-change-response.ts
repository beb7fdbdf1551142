// ledger/find-change-response.ts: what was answered to a change with this idempotency key. Under the configuration lock, so nobody is storing one.
import type { Statement } from '../db/statement.ts';

export interface ChangeResponseRow {
  body_hash: Buffer;
  resource_id: string;
  response: unknown;
}

export function findChangeResponse({
  scope,
  operation,
  key,
}: {
  readonly scope: string;
  readonly operation: string;
  readonly key: string;
}): Statement {
  return {
    name: 'find_change_response',
    text: `SELECT body_hash, resource_id, response FROM idempotency_key WHERE scope = $1 AND operation = $2 AND key = $3`,
    values: [scope, operation, key],
  };
}

// ledger/find-api-key.ts: one key by its id, without its hash.
import type { Statement } from '../db/statement.ts';

export function findApiKey(keyId: string): Statement {
  return {
    name: 'find_api_key',
    text: `SELECT key_id, hint, agent_id, principal_id, created_at, expires_at, revoked_at, entry_id
           FROM api_key WHERE key_id = $1`,
    values: [keyId],
  };
}

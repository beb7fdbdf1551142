// ledger/find-api-key-by-hash.ts: one key by the SHA-256 of its text, revoked ones included.
import type { Statement } from '../db/statement.ts';

export function findApiKeyByHash(keyHash: Buffer): Statement {
  return {
    name: 'find_api_key_by_hash',
    text: `SELECT key_id, hint, agent_id, principal_id, created_at, expires_at, revoked_at, entry_id
           FROM api_key WHERE key_hash = $1`,
    values: [keyHash],
  };
}

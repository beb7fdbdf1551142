// ledger/list-live-keys.ts: the keys of a principal that have not been revoked.
import type { Statement } from '../db/statement.ts';

export function listLiveKeys(principalId: string): Statement {
  return {
    name: 'list_live_keys',
    text: `SELECT key_id, hint, agent_id, principal_id, created_at, expires_at, revoked_at, entry_id
           FROM api_key WHERE principal_id = $1 AND revoked_at IS NULL ORDER BY key_id`,
    values: [principalId],
  };
}

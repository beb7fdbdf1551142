// ledger/list-api-keys.ts: keys in the order of their ids, which is the order of creation, of one holder where given.
import type { Statement } from '../db/statement.ts';

interface KeyFilter {
  readonly after: string;
  readonly limit: number;
  readonly agentId: string | null;
  readonly principalId: string | null;
}

export function listApiKeys(filter: KeyFilter): Statement {
  return {
    name: 'list_api_keys',
    text: `SELECT key_id, hint, agent_id, principal_id, created_at, expires_at, revoked_at, entry_id
           FROM api_key
           WHERE key_id > $1 AND ($3::text IS NULL OR agent_id = $3) AND ($4::text IS NULL OR principal_id = $4)
           ORDER BY key_id LIMIT $2`,
    values: [filter.after, filter.limit, filter.agentId, filter.principalId],
  };
}

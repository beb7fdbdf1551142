// ledger/insert-api-key.ts: stores a key by its hash; the key itself is never stored.
import type { Statement } from '../db/statement.ts';

export interface StoredKeyRow {
  key_id: string;
  hint: string;
  agent_id: string | null;
  principal_id: string | null;
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  entry_id: bigint;
}

export function insertApiKey(row: StoredKeyRow & { readonly key_hash: Buffer }): Statement {
  return {
    name: 'insert_api_key',
    text: `INSERT INTO api_key (key_id, key_hash, hint, agent_id, principal_id, created_at, entry_id)
           VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    values: [
      row.key_id,
      row.key_hash,
      row.hint,
      row.agent_id,
      row.principal_id,
      row.created_at,
      row.entry_id,
    ],
  };
}

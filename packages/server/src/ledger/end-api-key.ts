// ledger/end-api-key.ts: sets when a key stops to hold: revoked now, or expiring later.
import type { Statement } from '../db/statement.ts';

import type { StoredKeyRow } from './insert-api-key.ts';

export function endApiKey(row: StoredKeyRow): Statement {
  return {
    name: 'end_api_key',
    text: `UPDATE api_key SET expires_at = $2, revoked_at = $3, entry_id = $4 WHERE key_id = $1`,
    values: [row.key_id, row.expires_at, row.revoked_at, row.entry_id],
  };
}

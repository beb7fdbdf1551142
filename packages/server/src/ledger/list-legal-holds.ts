// ledger/list-legal-holds.ts: legal holds in the order they were placed, of one status where given.
import type { Statement } from '../db/statement.ts';

export function listLegalHolds({
  after,
  limit,
  status,
}: {
  readonly after: string;
  /** null: all. */
  readonly limit: number | null;
  readonly status: string | null;
}): Statement {
  return {
    name: 'list_legal_holds',
    text: `SELECT hold_id, scope, reason, status, created_by, released_by, created_at, released_at, entry_id
           FROM legal_hold WHERE hold_id > $1 AND ($3::text IS NULL OR status = $3) ORDER BY hold_id LIMIT $2`,
    values: [after, limit, status],
  };
}

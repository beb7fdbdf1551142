// ledger/list-principals.ts: principals in the order of their ids, of one role and status where given.
import type { Statement } from '../db/statement.ts';

interface PrincipalFilter {
  readonly after: string;
  readonly limit: number;
  readonly role: string | null;
  readonly status: string | null;
}

export function listPrincipals(filter: PrincipalFilter): Statement {
  return {
    name: 'list_principals',
    text: `SELECT principal_id, kind, roles, name, email, status, created_at, entry_id
           FROM principal
           WHERE principal_id > $1 AND ($3::text IS NULL OR $3 = ANY (roles)) AND ($4::text IS NULL OR status = $4)
           ORDER BY principal_id LIMIT $2`,
    values: [filter.after, filter.limit, filter.role, filter.status],
  };
}

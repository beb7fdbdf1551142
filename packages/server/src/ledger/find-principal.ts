// ledger/find-principal.ts: one principal, whatever its status.
import type { Statement } from '../db/statement.ts';

export function findPrincipal(principalId: string): Statement {
  return {
    name: 'find_principal',
    text: `SELECT principal_id, kind, roles, name, email, status, created_at, entry_id
           FROM principal WHERE principal_id = $1`,
    values: [principalId],
  };
}

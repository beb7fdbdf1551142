// ledger/find-principal-by-email.ts: the principal an e-mail address belongs to, in any letter case.
import type { Statement } from '../db/statement.ts';

export function findPrincipalByEmail(email: string): Statement {
  return {
    name: 'find_principal_by_email',
    text: `SELECT principal_id, kind, roles, name, email, status, created_at, entry_id
           FROM principal WHERE lower(email) = lower($1)`,
    values: [email],
  };
}

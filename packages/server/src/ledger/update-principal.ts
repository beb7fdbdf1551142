// ledger/update-principal.ts: replaces the roles and the status of a principal.
import type { Statement } from '../db/statement.ts';

import type { StoredPrincipalRow } from './insert-principal.ts';

export function updatePrincipal(row: StoredPrincipalRow): Statement {
  return {
    name: 'update_principal',
    text: `UPDATE principal SET roles = $2, status = $3, entry_id = $4 WHERE principal_id = $1`,
    values: [row.principal_id, row.roles, row.status, row.entry_id],
  };
}

// ledger/erase-principal.ts: takes the name and the e-mail address of a principal away for good; its id stays.
import type { Statement } from '../db/statement.ts';

export function erasePrincipal(principalId: string, name: string): Statement {
  return {
    name: 'erase_principal',
    text: `UPDATE principal SET name = $2, email = NULL WHERE principal_id = $1`,
    values: [principalId, name],
  };
}

// ledger/audit-authority-matrix-rows.ts: every version of the authority matrix with the entry that published it. For the auditor
// alone.
import { exactTime } from '../db/exact-time.ts';
import type { Statement } from '../db/statement.ts';

export function auditAuthorityMatrixRows(): Statement {
  return {
    name: 'audit_authority_matrix_rows',
    text: `SELECT authority_matrix_version.*, log_entry.body AS entry_body, ${exactTime('created_at')} AS created,
             ${exactTime('effective_from')} AS effective
           FROM authority_matrix_version LEFT JOIN log_entry USING (entry_id) ORDER BY version`,
    values: [],
  };
}

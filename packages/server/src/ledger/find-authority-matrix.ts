// ledger/find-authority-matrix.ts: one version of the authority matrix, or the one in force at a time.
import type { Statement } from '../db/statement.ts';

export function findAuthorityMatrix({
  version,
  at,
}: {
  /** null: the one in force. */
  readonly version: number | null;
  readonly at: Date;
}): Statement {
  return {
    name: 'find_authority_matrix',
    text: `SELECT version, effective_from, document, created_at, created_by, entry_id
           FROM authority_matrix_version
           WHERE CASE WHEN $1::int IS NULL THEN effective_from <= $2::timestamptz ELSE version = $1 END
           ORDER BY effective_from DESC, version DESC LIMIT 1`,
    values: [version, at],
  };
}

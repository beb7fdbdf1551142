// ledger/insert-authority-matrix.ts: stores a version of the authority matrix, for good.
import type { Statement } from '../db/statement.ts';

export interface AuthorityMatrixRow {
  version: number;
  effective_from: Date;
  document: unknown;
  created_at: Date;
  created_by: string;
  entry_id: bigint;
}

export function insertAuthorityMatrix(row: AuthorityMatrixRow): Statement {
  return {
    name: 'insert_authority_matrix',
    text: `INSERT INTO authority_matrix_version (version, effective_from, document, created_at, created_by, entry_id)
           VALUES ($1, $2, $3, $4, $5, $6)`,
    values: [
      row.version,
      row.effective_from,
      JSON.stringify(row.document),
      row.created_at,
      row.created_by,
      row.entry_id,
    ],
  };
}

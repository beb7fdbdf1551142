// ledger/list-authority-matrices.ts: versions of the authority matrix, newest first, without their documents.
import type { Statement } from '../db/statement.ts';

export interface ListedAuthorityMatrixRow {
  version: number;
  effective_from: Date;
  row_count: number;
  tier_count: number;
  created_at: Date;
  created_by: string;
  entry_id: bigint;
}

export function listAuthorityMatrices({
  before,
  limit,
}: {
  /** null: from the newest. */
  readonly before: number | null;
  readonly limit: number;
}): Statement {
  return {
    name: 'list_authority_matrices',
    text: `SELECT version, effective_from, created_at, created_by, entry_id,
             json_array_length(document -> 'rows') AS row_count,
             coalesce(json_array_length(document -> 'tiers'), 0) AS tier_count
           FROM authority_matrix_version WHERE $1::int IS NULL OR version < $1
           ORDER BY version DESC LIMIT $2`,
    values: [before, limit],
  };
}

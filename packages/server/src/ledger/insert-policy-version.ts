// ledger/insert-policy-version.ts: stores a version of a policy, for good.
import type { Statement } from '../db/statement.ts';

export interface PolicyVersionRow {
  policy_id: string;
  version: number;
  document: unknown;
  created_at: Date;
  created_by: string;
  entry_id: bigint;
}

export function insertPolicyVersion(row: PolicyVersionRow): Statement {
  return {
    name: 'insert_policy_version',
    text: `INSERT INTO policy_version (policy_id, version, document, created_at, created_by, entry_id)
           VALUES ($1, $2, $3, $4, $5, $6)`,
    values: [
      row.policy_id,
      row.version,
      JSON.stringify(row.document),
      row.created_at,
      row.created_by,
      row.entry_id,
    ],
  };
}

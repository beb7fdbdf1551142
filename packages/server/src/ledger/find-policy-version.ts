// ledger/find-policy-version.ts: one version of a policy, or its newest, with the newest version number.
import type { Statement } from '../db/statement.ts';

export interface FoundPolicyRow {
  policy_id: string;
  version: number;
  document: unknown;
  created_at: Date;
  created_by: string;
  entry_id: bigint;
  newest_version: number;
}

export function findPolicyVersion({
  policyId,
  version,
}: {
  readonly policyId: string;
  readonly version: number | null;
}): Statement {
  return {
    name: 'find_policy_version',
    text: `SELECT policy_id, version, document, created_at, created_by, entry_id,
             (SELECT max(version) FROM policy_version WHERE policy_id = $1) AS newest_version
           FROM policy_version
           WHERE policy_id = $1 AND ($2::int IS NULL OR version = $2)
           ORDER BY version DESC LIMIT 1`,
    values: [policyId, version],
  };
}

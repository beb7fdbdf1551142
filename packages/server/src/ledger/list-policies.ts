// ledger/list-policies.ts: the newest version of each policy, in the order of their ids.
import type { Statement } from '../db/statement.ts';

export function listPolicies({
  after,
  limit,
}: {
  readonly after: string;
  readonly limit: number;
}): Statement {
  return {
    name: 'list_policies',
    text: `SELECT DISTINCT ON (policy_id) policy_id, version, document, created_at, created_by, entry_id, version AS newest_version
           FROM policy_version WHERE policy_id > $1 ORDER BY policy_id, version DESC LIMIT $2`,
    values: [after, limit],
  };
}

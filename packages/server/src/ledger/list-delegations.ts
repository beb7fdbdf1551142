// ledger/list-delegations.ts: delegations of one approver's signature in the order of their ids, past and revoked ones too.
import type { Statement } from '../db/statement.ts';

export function listDelegations(filter: {
  readonly principalId: string;
  readonly after: string;
  readonly limit: number;
}): Statement {
  return {
    name: 'list_delegations',
    text: `SELECT delegation_id, principal_id, delegate_id, starts_at, ends_at, reason, revoked_at, created_at, entry_id
           FROM approver_delegation WHERE principal_id = $1 AND delegation_id > $2 ORDER BY delegation_id LIMIT $3`,
    values: [filter.principalId, filter.after, filter.limit],
  };
}

// ledger/find-delegation.ts: one delegation of an approver's signature.
import type { Statement } from '../db/statement.ts';

export function findDelegation(delegationId: string): Statement {
  return {
    name: 'find_delegation',
    text: `SELECT delegation_id, principal_id, delegate_id, starts_at, ends_at, reason, revoked_at, created_at, entry_id
           FROM approver_delegation WHERE delegation_id = $1`,
    values: [delegationId],
  };
}

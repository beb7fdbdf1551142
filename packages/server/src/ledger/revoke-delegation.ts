// ledger/revoke-delegation.ts: ends a delegation before its time.
import type { Statement } from '../db/statement.ts';

export function revokeDelegation(row: {
  readonly delegation_id: string;
  readonly revoked_at: Date | null;
  readonly entry_id: bigint;
}): Statement {
  return {
    name: 'revoke_delegation',
    text: 'UPDATE approver_delegation SET revoked_at = $2, entry_id = $3 WHERE delegation_id = $1',
    values: [row.delegation_id, row.revoked_at, row.entry_id],
  };
}

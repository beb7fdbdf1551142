// ledger/insert-delegation.ts: adds the delegation of an approver's signature.
import type { Statement } from '../db/statement.ts';

export interface StoredDelegationRow {
  delegation_id: string;
  principal_id: string;
  delegate_id: string;
  starts_at: Date;
  ends_at: Date;
  reason: string | null;
  revoked_at: Date | null;
  created_at: Date;
  entry_id: bigint;
}

export function insertDelegation(row: StoredDelegationRow): Statement {
  return {
    name: 'insert_delegation',
    text: `INSERT INTO approver_delegation
             (delegation_id, principal_id, delegate_id, starts_at, ends_at, reason, revoked_at, created_at, entry_id)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    values: [
      row.delegation_id,
      row.principal_id,
      row.delegate_id,
      row.starts_at,
      row.ends_at,
      row.reason,
      row.revoked_at,
      row.created_at,
      row.entry_id,
    ],
  };
}

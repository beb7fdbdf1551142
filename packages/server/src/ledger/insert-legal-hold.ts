// ledger/insert-legal-hold.ts: places a legal hold.
import type { Statement } from '../db/statement.ts';

export interface LegalHoldRow {
  hold_id: string;
  scope: unknown;
  /** null: erased. */
  reason: string | null;
  status: 'active' | 'released';
  created_by: string;
  released_by: string | null;
  created_at: Date;
  released_at: Date | null;
  entry_id: bigint;
}

export function insertLegalHold(row: LegalHoldRow): Statement {
  return {
    name: 'insert_legal_hold',
    text: `INSERT INTO legal_hold (hold_id, scope, reason, status, created_by, created_at, entry_id)
           VALUES ($1, $2::json, $3, $4, $5, $6, $7)`,
    values: [
      row.hold_id,
      JSON.stringify(row.scope),
      row.reason,
      row.status,
      row.created_by,
      row.created_at,
      row.entry_id,
    ],
  };
}

// ledger/insert-sourcing-waiver.ts: stores what a waiver asks for; it is pending until somebody decides it.
import type { Statement } from '../db/statement.ts';

export type WaiverStatus = 'pending' | 'approved' | 'rejected' | 'revoked';

export interface WaiverRow {
  waiver_id: string;
  document: unknown;
  status: WaiverStatus;
  created_at: Date;
  created_by: string;
  decided_at: Date | null;
  decided_by: string | null;
  revoked_at: Date | null;
  revoked_by: string | null;
  entry_id: bigint;
}

export function insertSourcingWaiver(row: WaiverRow): Statement {
  return {
    name: 'insert_sourcing_waiver',
    text: `INSERT INTO sourcing_waiver (waiver_id, document, status, created_at, created_by, entry_id)
           VALUES ($1, $2, $3, $4, $5, $6)`,
    values: [
      row.waiver_id,
      JSON.stringify(row.document),
      row.status,
      row.created_at,
      row.created_by,
      row.entry_id,
    ],
  };
}

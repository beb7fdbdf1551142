// ledger/update-sourcing-waiver.ts: decides or revokes a waiver. What it asks for never changes.
import type { Statement } from '../db/statement.ts';
import type { WaiverRow } from './insert-sourcing-waiver.ts';

export function updateSourcingWaiver(row: WaiverRow): Statement {
  return {
    name: 'update_sourcing_waiver',
    text: `UPDATE sourcing_waiver SET status = $2, decided_at = $3, decided_by = $4, revoked_at = $5, revoked_by = $6,
             entry_id = $7 WHERE waiver_id = $1`,
    values: [
      row.waiver_id,
      row.status,
      row.decided_at,
      row.decided_by,
      row.revoked_at,
      row.revoked_by,
      row.entry_id,
    ],
  };
}

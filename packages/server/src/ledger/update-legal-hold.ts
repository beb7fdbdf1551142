// ledger/update-legal-hold.ts: releases a legal hold.
import type { Statement } from '../db/statement.ts';
import type { LegalHoldRow } from './insert-legal-hold.ts';

export function updateLegalHold(row: LegalHoldRow): Statement {
  return {
    name: 'update_legal_hold',
    text: `UPDATE legal_hold SET status = $2, released_by = $3, released_at = $4, entry_id = $5 WHERE hold_id = $1`,
    values: [row.hold_id, row.status, row.released_by, row.released_at, row.entry_id],
  };
}

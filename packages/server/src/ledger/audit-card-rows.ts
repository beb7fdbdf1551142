// ledger/audit-card-rows.ts: every card with the entries of its request. For the auditor alone.
import { entriesBeside } from '../db/entries-beside.ts';
import { exactTime } from '../db/exact-time.ts';
import type { Statement } from '../db/statement.ts';

export function auditCardRows(): Statement {
  return {
    name: 'audit_card_rows',
    text: `SELECT card.*, ${exactTime('expires_at')} AS expires,
             ${entriesBeside(`'preq' || substr(card_id, strpos(card_id, '_'))`)}
           FROM card ORDER BY card_id`,
    values: [],
  };
}

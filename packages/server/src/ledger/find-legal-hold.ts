// ledger/find-legal-hold.ts: one legal hold, by its id.
import type { Statement } from '../db/statement.ts';

export function findLegalHold(holdId: string): Statement {
  return {
    name: 'find_legal_hold',
    text: `SELECT hold_id, scope, reason, status, created_by, released_by, created_at, released_at, entry_id
           FROM legal_hold WHERE hold_id = $1`,
    values: [holdId],
  };
}

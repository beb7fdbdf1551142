// ledger/find-sourcing-waiver.ts: one waiver with where it stands.
import type { Statement } from '../db/statement.ts';

export function findSourcingWaiver(waiverId: string): Statement {
  return {
    name: 'find_sourcing_waiver',
    text: `SELECT waiver_id, document, status, created_at, created_by, decided_at, decided_by,
             revoked_at, revoked_by, entry_id
           FROM sourcing_waiver WHERE waiver_id = $1`,
    values: [waiverId],
  };
}

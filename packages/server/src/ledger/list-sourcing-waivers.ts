// ledger/list-sourcing-waivers.ts: waivers in the order of their ids, all or those of one status.
import type { Statement } from '../db/statement.ts';
import type { WaiverStatus } from './insert-sourcing-waiver.ts';

export function listSourcingWaivers({
  status,
  after,
  limit,
}: {
  readonly status: WaiverStatus | null;
  readonly after: string;
  readonly limit: number;
}): Statement {
  return {
    name: 'list_sourcing_waivers',
    text: `SELECT waiver_id, document, status, created_at, created_by, decided_at, decided_by,
             revoked_at, revoked_by, entry_id
           FROM sourcing_waiver WHERE ($1::text IS NULL OR status = $1) AND waiver_id > $2
           ORDER BY waiver_id LIMIT $3`,
    values: [status, after, limit],
  };
}

// ledger/list-unfollowed-stops.ts: stopped purchases whose siblings have not all been decided again yet.
import type { Statement } from '../db/statement.ts';

export interface UnfollowedStopRow {
  group_key: string;
  sibling_ids: string[];
  entry_id: bigint;
}

export function listUnfollowedStops(limit: number): Statement {
  return {
    name: 'list_unfollowed_stops',
    text: `SELECT group_key::text, sibling_ids, entry_id FROM related_stop
           WHERE NOT is_followed ORDER BY entry_id LIMIT $1`,
    values: [limit],
  };
}

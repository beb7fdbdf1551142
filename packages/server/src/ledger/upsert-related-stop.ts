// ledger/upsert-related-stop.ts: notes that a purchase was stopped for the sum it makes with its siblings. Sent under the
// lock on its group.
import type { Statement } from '../db/statement.ts';

export interface RelatedStopRow {
  readonly groupKey: string;
  readonly requestId: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly siblingIds: readonly string[];
  readonly entryId: bigint;
}

export function upsertRelatedStop(row: RelatedStopRow): Statement {
  return {
    name: 'upsert_related_stop',
    text: `INSERT INTO related_stop (group_key, request_id, amount_minor, currency, sibling_ids, entry_id)
           VALUES ($1::uuid, $2, $3, $4, $5::text[], $6)
           ON CONFLICT (group_key) DO UPDATE SET request_id = excluded.request_id, amount_minor = excluded.amount_minor,
             currency = excluded.currency, entry_id = excluded.entry_id, is_followed = false,
             sibling_ids = (SELECT array_agg(DISTINCT id) FROM unnest(related_stop.sibling_ids || excluded.sibling_ids) AS id)`,
    values: [row.groupKey, row.requestId, row.amountMinor, row.currency, [...row.siblingIds], row.entryId],
  };
}

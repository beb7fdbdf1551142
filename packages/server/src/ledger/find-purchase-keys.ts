// ledger/find-purchase-keys.ts: what must be known of requests before their locks can be taken in order. Read
// unlocked; what can change is checked again under the lock.
import type { Statement } from '../db/statement.ts';

export interface FindPurchaseKeysRow {
  request_id: string;
  reserved_periods: bigint[];
  /** Days since 1970-01-01, UTC: the day its near purchases count it on. */
  related_day: number;
  decision_body: Buffer;
}

export function findPurchaseKeys(requestIds: readonly string[]): Statement {
  return {
    name: 'find_purchase_keys',
    text: `SELECT request.request_id, request.reserved_periods,
             floor(extract(epoch FROM request.created_at) / 86400)::int4 AS related_day, entry.body AS decision_body
           FROM purchase_request AS request JOIN log_entry AS entry ON entry.entry_id = request.decision_entry_id
           WHERE request.request_id = ANY ($1::text[])`,
    values: [[...requestIds]],
  };
}

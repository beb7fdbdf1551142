// ledger/find-retained-purchases.ts: purchases that were asked for before a time, with whether their text is still there.
// The bound is an id: ids begin with the time, so nothing younger is looked at.
import type { Statement } from '../db/statement.ts';

export interface RetainedPurchaseRow {
  request_id: string;
  agent_id: string;
  vendor: string;
  created_at: Date;
  status: string;
  checkout_status: string;
  has_text: boolean;
}

export function findRetainedPurchases({
  after,
  before,
  limit,
  withTextOnly,
}: {
  readonly after: string;
  /** Excluded. */
  readonly before: string;
  readonly limit: number;
  readonly withTextOnly: boolean;
}): Statement {
  return {
    name: 'find_retained_purchases',
    text: `SELECT request_id, agent_id, vendor, created_at, status, checkout_status, has_text
           FROM purchase_request, LATERAL (SELECT private_text IS NOT NULL
             OR EXISTS (SELECT FROM note WHERE note.request_id = purchase_request.request_id AND body IS NOT NULL)
           ) AS texts (has_text)
           WHERE request_id > $1 AND request_id < $2 AND (NOT $4 OR has_text) ORDER BY request_id LIMIT $3`,
    values: [after, before, limit, withTextOnly],
  };
}

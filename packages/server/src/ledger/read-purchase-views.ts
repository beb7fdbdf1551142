// ledger/read-purchase-views.ts: requests as they stand, newest first: the first decision's entry, the latest decision's,
// the latest entry of all, and what is kept beside the log. A state is read from its entries, never recomputed.
import type { Statement } from '../db/statement.ts';

export interface PurchaseViewRow {
  request_id: string;
  agent_id: string;
  created_at: Date;
  private_text: unknown;
  first_entry_id: bigint;
  first_body: Buffer;
  decision_body: Buffer;
  last_body: Buffer;
  /** json: [{stepKey, ..., signature}] */
  approval_steps: unknown;
  /** Why an approver rejected it; NULL: nobody did, or the text was erased. */
  rejection_reason: string | null;
}

export interface PurchaseViewFilter {
  readonly requestId?: string | undefined;
  readonly agentId?: string | undefined;
  readonly status?: string | undefined;
  readonly checkoutStatus?: string | undefined;
  readonly vendor?: string | undefined;
  readonly createdAfter?: Date | undefined;
  readonly createdBefore?: Date | undefined;
  /** Only requests with a smaller id: ids are ordered by time. */
  readonly before?: string | undefined;
  readonly limit: number;
}

const CONDITIONS = {
  requestId: 'request.request_id =',
  agentId: 'request.agent_id =',
  status: 'request.status::text =',
  checkoutStatus: 'request.checkout_status::text =',
  vendor: 'request.vendor =',
  createdAfter: 'request.created_at >',
  createdBefore: 'request.created_at <',
  before: 'request.request_id <',
} as const;

export function readPurchaseViews({ limit, ...filter }: PurchaseViewFilter): Statement {
  const given = Object.entries(CONDITIONS).flatMap(([name, condition], index) => {
    const value = filter[name as keyof typeof CONDITIONS]; // the names are those of the table above
    return value === undefined ? [] : [{ bit: 2 ** index, condition, value }];
  });
  const where = given.map(({ condition }, index) => `${condition} $${index + 2}`);
  return {
    // One name for each text: a named statement is prepared once.
    name: `read_purchase_views_${given.reduce((sum, { bit }) => sum + bit, 0)}`,
    // No text of a caller can look like the pattern: inside a JSON text its quotes are escaped.
    text: `SELECT request.request_id, request.agent_id, request.created_at, request.private_text,
             first.entry_id AS first_entry_id, first.body AS first_body, last.body AS last_body,
             decided.body AS decision_body, approval.steps AS approval_steps,
             CASE WHEN approval.status = 'rejected' THEN
               (SELECT note.body FROM note WHERE note.request_id = request.request_id ORDER BY note.entry_id DESC LIMIT 1)
             END AS rejection_reason
           FROM purchase_request AS request
           JOIN log_entry AS first ON first.entry_id = request.decision_entry_id
           JOIN log_entry AS last ON last.entry_id = request.last_entry_id
           CROSS JOIN LATERAL (SELECT body FROM log_entry WHERE subject_id = request.request_id
             AND position('"decision":{'::bytea IN body) > 0 ORDER BY entry_id DESC LIMIT 1) AS decided
           LEFT JOIN approval ON approval.request_id = request.request_id
           ${where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`}
           ORDER BY request.request_id DESC LIMIT $1::int`,
    values: [limit, ...given.map(({ value }) => value)],
  };
}

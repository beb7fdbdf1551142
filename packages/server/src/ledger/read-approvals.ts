// ledger/read-approvals.ts: approvals of locked requests: the request's lock guards them.
import type { Statement } from '../db/statement.ts';

export interface ReadApprovalsRow {
  approval_id: string;
  request_id: string;
  status: string;
  terms_hash: Buffer;
  steps: unknown;
  created_at: Date;
  expires_at: Date;
  /** Principal -> when they first opened it, milliseconds; NULL: nobody did. */
  views: Record<string, number> | null;
}

export function readApprovals(requestIds: readonly string[]): Statement {
  return {
    name: 'read_approvals',
    text: `SELECT approval_id, request_id, status, terms_hash, steps, created_at, expires_at,
             (SELECT json_object_agg(principal_id, (extract(epoch FROM viewed_at) * 1000)::int8) FROM approval_view
              WHERE approval_view.approval_id = approval.approval_id) AS views
           FROM approval WHERE request_id = ANY ($1::text[])`,
    values: [[...requestIds]],
  };
}

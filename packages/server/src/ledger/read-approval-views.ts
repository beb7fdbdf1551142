// ledger/read-approval-views.ts: approvals with the requests they are for, newest first.
import type { Statement } from '../db/statement.ts';

export interface ApprovalViewRow {
  approval_id: string;
  request_id: string;
  agent_id: string;
  status: string;
  terms_hash: Buffer;
  /** json: [{stepKey, ..., signature}] */
  steps: unknown;
  created_at: Date;
  expires_at: Date;
  request_status: string;
  request_created_at: Date;
  private_text: unknown;
  first_body: Buffer;
}

export interface ApprovalViewFilter {
  readonly approvalId?: string | undefined;
  readonly status?: string | undefined;
  readonly agentId?: string | undefined;
  /** Only approvals with a smaller id: ids are ordered by time. */
  readonly before?: string | undefined;
  readonly limit: number;
}

export function readApprovalViews(filter: ApprovalViewFilter): Statement {
  const { approvalId, status, agentId, before, limit } = filter;
  return {
    name: 'read_approval_views',
    text: `SELECT approval.approval_id, approval.request_id, approval.status, approval.terms_hash, approval.steps,
             approval.created_at, approval.expires_at, request.agent_id,
             request.status::text AS request_status,
             request.created_at AS request_created_at, request.private_text, first.body AS first_body
           FROM approval
           JOIN purchase_request AS request USING (request_id)
           JOIN log_entry AS first ON first.entry_id = request.decision_entry_id
           WHERE ($2::text IS NULL OR approval.approval_id = $2) AND ($3::text IS NULL OR approval.status = $3)
             AND ($4::text IS NULL OR approval.approval_id < $4) AND ($5::text IS NULL OR request.agent_id = $5)
           ORDER BY approval.approval_id DESC LIMIT $1::int`,
    values: [limit, approvalId ?? null, status ?? null, before ?? null, agentId ?? null],
  };
}

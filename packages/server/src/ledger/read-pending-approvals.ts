// ledger/read-pending-approvals.ts: approvals that wait, in the order of their ids: no more of them than who may sign needs.
import type { Statement } from '../db/statement.ts';

export interface PendingApprovalRow {
  approval_id: string;
  agent_id: string;
  /** json: core's ApprovalStep */
  steps: unknown;
  expires_at: Date;
}

export function readPendingApprovals({
  after,
  limit,
}: {
  readonly after: string;
  readonly limit: number;
}): Statement {
  return {
    name: 'read_pending_approvals',
    text: `SELECT approval_id, agent_id, steps, expires_at FROM approval JOIN purchase_request USING (request_id)
           WHERE approval.status = 'pending' AND approval_id > $1 ORDER BY approval_id LIMIT $2::int`,
    values: [after, limit],
  };
}

// ledger/insert-approval-view.ts: that somebody has opened an approval: their first look counts, later ones change nothing.
import type { Statement } from '../db/statement.ts';

export interface ApprovalLook {
  readonly approvalId: string;
  readonly principalId: string;
  readonly viewedAtMs: number;
}

export function insertApprovalView({ approvalId, principalId, viewedAtMs }: ApprovalLook): Statement {
  return {
    name: 'insert_approval_view',
    text: `INSERT INTO approval_view (approval_id, principal_id, viewed_at) VALUES ($1, $2, $3)
           ON CONFLICT DO NOTHING`,
    values: [approvalId, principalId, new Date(viewedAtMs)],
  };
}

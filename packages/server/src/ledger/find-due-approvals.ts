// ledger/find-due-approvals.ts: pending approvals of which a reminder or an escalation is due, oldest first.
import type { Statement } from '../db/statement.ts';

export interface DueApprovalRow {
  request_id: string;
  next_due_at: Date;
}

/** `after`: where the page before ended. */
export function findDueApprovals(options: {
  readonly nowMs: number;
  readonly after: { readonly dueAt: Date; readonly id: string } | null;
  readonly limit: number;
}): Statement {
  const { nowMs, after, limit } = options;
  return {
    name: 'find_due_approvals',
    text: `SELECT request_id, next_due_at FROM approval
           WHERE status = 'pending' AND next_due_at IS NOT NULL AND next_due_at <= $1 AND expires_at > $1
             AND (next_due_at, request_id) > ($2, $3)
           ORDER BY next_due_at, request_id LIMIT $4::int`,
    values: [new Date(nowMs), after?.dueAt ?? new Date(0), after?.id ?? '', limit],
  };
}

// ledger/find-due-changes.ts: changes whose time is over: drafts to expire, and emergencies nobody has reviewed yet.
import type { Statement } from '../db/statement.ts';

export interface DueChangeRow {
  change_id: string;
  status: 'pending_review' | 'unreviewed_emergency';
}

export function findDueChanges({ at, limit }: { readonly at: Date; readonly limit: number }): Statement {
  return {
    name: 'find_due_changes',
    text: `SELECT change_id, status FROM configuration_change
           WHERE status IN ('pending_review', 'unreviewed_emergency') AND due_at <= $1 AND overdue_at IS NULL
           ORDER BY due_at, change_id LIMIT $2`,
    values: [at, limit],
  };
}

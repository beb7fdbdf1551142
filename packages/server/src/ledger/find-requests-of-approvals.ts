// ledger/find-requests-of-approvals.ts: which request an approval is of. Never changes.
import type { Statement } from '../db/statement.ts';

export function findRequestsOfApprovals(approvalIds: readonly string[]): Statement {
  return {
    name: 'find_requests_of_approvals',
    text: 'SELECT approval_id AS id, request_id FROM approval WHERE approval_id = ANY ($1::text[])',
    values: [[...approvalIds]],
  };
}

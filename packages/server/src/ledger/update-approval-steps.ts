// ledger/update-approval-steps.ts: replaces the steps of an approval, when its comments are erased.
import type { Statement } from '../db/statement.ts';
import type { ApprovalStepsRow } from './find-approval-steps.ts';

export function updateApprovalSteps(row: ApprovalStepsRow): Statement {
  return {
    name: 'update_approval_steps',
    text: `UPDATE approval SET steps = $2::json WHERE approval_id = $1`,
    values: [row.approval_id, JSON.stringify(row.steps)],
  };
}

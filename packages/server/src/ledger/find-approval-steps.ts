// ledger/find-approval-steps.ts: the steps of requests' approvals: their signatures hold comments.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface ApprovalStepsRow {
  approval_id: string;
  steps: unknown;
}

export function findApprovalSteps(requestIds: readonly string[]): Statement {
  return {
    name: 'find_approval_steps',
    text: `SELECT approval_id, steps FROM approval WHERE request_id = ANY ($1::text[]) ORDER BY approval_id`,
    values: [binaryArray.text(requestIds)],
  };
}

// ledger/upsert-approvals.ts: stores approvals with their steps, and what became of them.
import { type ApprovalState, nextNudge } from '@countersign/core';

import { rowStatement } from '../db/row-statement.ts';
import type { Statement } from '../db/statement.ts';

type UpsertApprovalsRow = ApprovalState & { readonly requestId: string; readonly entryId: bigint };

const statement = rowStatement<UpsertApprovalsRow>({
  name: 'upsert_approvals',
  columns: [
    ['approval_id', 'text', (approval) => approval.approvalId],
    ['request_id', 'text', (approval) => approval.requestId],
    ['status', 'text', (approval) => approval.status],
    ['terms_hash', 'text', (approval) => approval.termsHash],
    ['steps', 'text', (approval) => JSON.stringify(approval.steps)],
    ['created_at', 'timestamptz', (approval) => approval.createdAtMs],
    ['expires_at', 'timestamptz', (approval) => approval.expiresAtMs],
    ['next_due_at', 'timestamptz', (approval) => nextNudge(approval)?.atMs ?? null],
    ['entry_id', 'int8', (approval) => approval.entryId],
  ],
  text: (
    rows,
  ) => `INSERT INTO approval (approval_id, request_id, status, terms_hash, steps, created_at, expires_at, next_due_at,
             last_entry_id)
           SELECT approval_id, request_id, status, decode(terms_hash, 'hex'), steps::json, created_at, expires_at, next_due_at,
             entry_id
           FROM ${rows}
           ON CONFLICT (approval_id) DO UPDATE SET status = excluded.status, steps = excluded.steps,
             expires_at = excluded.expires_at, next_due_at = excluded.next_due_at, last_entry_id = excluded.last_entry_id`,
});

export function upsertApprovals(approvals: readonly UpsertApprovalsRow[]): Statement {
  return statement(approvals);
}

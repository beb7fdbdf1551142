// ledger/upsert-approvals.ts: stores approvals with their steps, and what became of them.
import type { ApprovalState } from '@countersign/core';

import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export function upsertApprovals(
  approvals: readonly (ApprovalState & { readonly requestId: string; readonly entryId: bigint })[],
): Statement {
  return {
    name: 'upsert_approvals',
    text: `INSERT INTO approval (approval_id, request_id, status, terms_hash, steps, created_at, expires_at, last_entry_id)
           SELECT approval_id, request_id, status, decode(terms_hash, 'hex'), steps::json, created_at, expires_at, entry_id
           FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[],
             $8::int8[])
             AS new (approval_id, request_id, status, terms_hash, steps, created_at, expires_at, entry_id)
           ON CONFLICT (approval_id) DO UPDATE SET status = excluded.status, steps = excluded.steps,
             expires_at = excluded.expires_at, last_entry_id = excluded.last_entry_id`,
    values: [
      binaryArray.text(approvals.map((approval) => approval.approvalId)),
      binaryArray.text(approvals.map((approval) => approval.requestId)),
      binaryArray.text(approvals.map((approval) => approval.status)),
      binaryArray.text(approvals.map((approval) => approval.termsHash)),
      binaryArray.text(approvals.map((approval) => JSON.stringify(approval.steps))),
      binaryArray.timestamptz(approvals.map((approval) => approval.createdAtMs)),
      binaryArray.timestamptz(approvals.map((approval) => approval.expiresAtMs)),
      binaryArray.int8(approvals.map((approval) => approval.entryId)),
    ],
  };
}

// record/audit/audit-approvals.ts: approvals, signatures and rejections against the entries of their request: each row is
// the fold of them.
import { type ApprovalState, type ApprovalStep, nextNudge } from '@countersign/core';

import { auditApprovalRows } from '../../ledger/audit-approval-rows.ts';
import { auditRejectionRows } from '../../ledger/audit-rejection-rows.ts';
import { auditSignatureRows } from '../../ledger/audit-signature-rows.ts';
import { type AuditedEntry, type RowAudit, fieldOf, instant, listOf } from './row-audit.ts';
import { type WithEntries, entriesOf, happenedAt, lastChange, oneOf, said } from './subject-entries.ts';

export async function auditApprovals(audit: RowAudit): Promise<void> {
  for await (const rows of audit.pages<WithEntries>('approval', auditApprovalRows())) {
    for (const row of rows) {
      const key = { approval_id: row['approval_id'] as unknown };
      const entries = entriesOf(audit, String(row['request_id']), row);
      if (entries === null) continue;
      const approval = entries.at(-1)?.body['approval'];
      if (fieldOf(approval, 'approval_id') !== key.approval_id) {
        audit.extra('approval', key, 'its request has no such approval');
        continue;
      }
      audit.compare(
        'approval',
        key,
        said({
          status: [fieldOf(approval, 'status'), row['status']],
          terms_hash: [fieldOf(approval, 'terms_hash'), row['terms_hash']],
          steps: [listOf(fieldOf(approval, 'steps')), listOf(row['steps']).map(loggedStep)],
          created_at: [instant(fieldOf(approval, 'created_at')), row['created']],
          expires_at: [instant(fieldOf(approval, 'expires_at')), row['expires']],
          next_due_at: [nextDue(row), (row['next_due_at'] as Date | null)?.getTime() ?? null],
          last_entry_id: [
            oneOf(
              lastChange(entries, (entry) => entry.body['approval']),
              row['last_entry_id'],
            ),
            row['last_entry_id'],
          ],
        }),
      );
    }
  }
}

/** It follows from the row itself, which is compared with the log besides. */
function nextDue(row: WithEntries): number | null {
  const approval: ApprovalState = {
    approvalId: String(row['approval_id']),
    status: row['status'] as ApprovalState['status'],
    termsHash: '',
    steps: listOf(row['steps']) as readonly ApprovalStep[], // stored by the gate
    createdAtMs: (row['created_at'] as Date).getTime(),
    expiresAtMs: (row['expires_at'] as Date).getTime(),
  };
  return nextNudge(approval)?.atMs ?? null;
}

/** A stored step in the form the log has it. Comments are not in it. */
function loggedStep(step: unknown): unknown {
  const escalateTo = listOf(fieldOf(step, 'escalateTo'));
  const signatures = listOf(fieldOf(step, 'signatures')).map(loggedSignature);
  return withoutNone({
    added_at: isoTime(fieldOf(step, 'addedAtMs')),
    approvers: fieldOf(step, 'approvers'),
    control: fieldOf(step, 'control'),
    escalate_after_ms: fieldOf(step, 'escalateAfterMs'),
    escalate_to: escalateTo.length === 0 ? null : escalateTo,
    escalated_at: isoTime(fieldOf(step, 'escalatedAtMs')),
    limit: fieldOf(step, 'limit'),
    message: fieldOf(step, 'message'),
    order: fieldOf(step, 'order'),
    policy_id: fieldOf(step, 'policyId'),
    quorum: fieldOf(step, 'quorum') === 1 ? null : fieldOf(step, 'quorum'),
    reason_code: fieldOf(step, 'reasonCode'),
    remind_after_ms: fieldOf(step, 'remindAfterMs'),
    reminded_at: isoTime(fieldOf(step, 'remindedAtMs')),
    reminders: fieldOf(step, 'reminders') === 0 ? null : fieldOf(step, 'reminders'),
    rule_id: fieldOf(step, 'ruleId'),
    signatures: signatures.length === 0 ? null : signatures,
    step_key: fieldOf(step, 'stepKey'),
    tier: fieldOf(step, 'tier'),
  });
}

function loggedSignature(signature: unknown): unknown {
  return withoutNone({
    authorization_reference: fieldOf(signature, 'authorizationReference'),
    on_behalf_of: fieldOf(signature, 'onBehalfOf'),
    signed_at: isoTime(fieldOf(signature, 'signedAtMs')),
    signed_by: fieldOf(signature, 'principalId'),
    viewed_seconds: fieldOf(signature, 'viewedSeconds'),
  });
}

function isoTime(ms: unknown): string | null {
  return typeof ms === 'number' ? new Date(ms).toISOString() : null;
}

function withoutNone(fields: Readonly<Record<string, unknown>>): unknown {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  );
}

export async function auditSignatures(audit: RowAudit): Promise<void> {
  for await (const rows of audit.pages<WithEntries>('approval_signature', auditSignatureRows())) {
    for (const row of rows) {
      const key = {
        approval_id: row['approval_id'] as unknown,
        principal_id: row['principal_id'] as unknown,
      };
      const entries = entriesOf(audit, String(row['request_id']), row);
      if (entries === null) continue;
      const found = signingOf(entries, row);
      if (found === null) {
        audit.extra('approval_signature', key, 'nobody signed it so');
        continue;
      }
      const { entry, stepIndex, signature } = found;
      audit.compare('approval_signature', key, {
        step_index: [stepIndex, row['step_index']],
        principal_id: [fieldOf(signature, 'signed_by'), row['principal_id']],
        on_behalf_of: [fieldOf(signature, 'on_behalf_of') ?? null, row['on_behalf_of']],
        authorization_reference: [
          fieldOf(signature, 'authorization_reference'),
          row['authorization_reference'],
        ],
        terms_hash: [fieldOf(entry.body, 'approval', 'terms_hash'), row['terms_hash']],
        viewed_seconds: [fieldOf(signature, 'viewed_seconds') ?? null, row['viewed_seconds']],
        signed_at: [instant(fieldOf(signature, 'signed_at')), row['signed']],
        entry_id: [entry.entryId, row['entry_id']],
      });
    }
  }
}

interface Signing {
  /** The one that made the signature: the first that has it. */
  readonly entry: AuditedEntry;
  readonly stepIndex: number;
  readonly signature: unknown;
}

/** By who signed; where nobody of that name did, by when. */
function signingOf(entries: readonly AuditedEntry[], row: WithEntries): Signing | null {
  const all = entries.flatMap((entry) =>
    listOf(fieldOf(entry.body, 'approval', 'steps')).flatMap((step, stepIndex) =>
      listOf(fieldOf(step, 'signatures')).map((signature): Signing => ({ entry, stepIndex, signature })),
    ),
  );
  return (
    all.find(({ signature }) => fieldOf(signature, 'signed_by') === row['principal_id']) ??
    all.find(({ signature }) => instant(fieldOf(signature, 'signed_at')) === row['signed']) ??
    null
  );
}

export async function auditRejections(audit: RowAudit): Promise<void> {
  for await (const rows of audit.pages<WithEntries>('approval_rejection', auditRejectionRows())) {
    for (const row of rows) {
      const key = { approval_id: row['approval_id'] as unknown };
      const entries = entriesOf(audit, String(row['request_id']), row);
      if (entries === null) continue;
      const entry = entries.find(({ body }) => fieldOf(body, 'detail', 'rejected_by') !== undefined);
      if (entry === undefined) {
        audit.extra('approval_rejection', key, 'nobody rejected it');
        continue;
      }
      const detail = entry.body['detail'];
      audit.compare('approval_rejection', key, {
        step_index: [fieldOf(detail, 'step'), row['step_index']],
        principal_id: [fieldOf(detail, 'rejected_by'), row['principal_id']],
        on_behalf_of: [fieldOf(detail, 'on_behalf_of') ?? null, row['on_behalf_of']],
        viewed_seconds: [fieldOf(detail, 'viewed_seconds') ?? null, row['viewed_seconds']],
        rejected_at: [happenedAt(entry), row['rejected']],
        entry_id: [entry.entryId, row['entry_id']],
      });
    }
  }
}

// record/audit/audit-purchases.ts: requests, approvals and signatures against the entries of their request: each row is
// the fold of them.
import { canonicalJson } from '@countersign/audit';

import { auditApprovalRows } from '../../ledger/audit-approval-rows.ts';
import { auditPurchaseRows } from '../../ledger/audit-purchase-rows.ts';
import { auditSignatureRows } from '../../ledger/audit-signature-rows.ts';
import { type AuditedEntry, type RowAudit, fieldOf, instant, listOf } from './row-audit.ts';
import {
  COMMITTED,
  type FingerprintOf,
  type WithEntries,
  asTerms,
  entriesOf,
  happenedAt,
  isCommitted,
  lastChange,
  minorOf,
  oneOf,
  said,
} from './subject-entries.ts';

export async function auditPurchases(audit: RowAudit, fingerprintOf: FingerprintOf): Promise<void> {
  for await (const rows of audit.pages<WithEntries>('purchase_request', auditPurchaseRows())) {
    for (const row of rows) {
      const key = { request_id: row['request_id'] as unknown };
      const entries = entriesOf(audit, String(key.request_id), row);
      if (entries === null) continue;
      const first = entries.find((entry) => entry.body['terms'] !== undefined);
      const latest = entries.at(-1);
      const terms = asTerms(first?.body['terms']);
      if (first === undefined || latest === undefined || terms === null) {
        audit.extra('purchase_request', key, 'no entry opened it');
        continue;
      }
      const { state } = latest.body;
      audit.compare(
        'purchase_request',
        key,
        said({
          agent_id: [terms['agent_id'], row['agent_id']],
          fingerprint: [fingerprintOf('purchase', terms), row['fingerprint']],
          vendor: [terms['vendor'], row['vendor']],
          currency: [terms['currency'], row['currency']],
          amount_minor: [minorOf(terms), row['amount_minor']],
          private_text: privateText(terms['private'], row['private_text']),
          created_at: [happenedAt(first), row['created']],
          external_expires_at: [leaveEnd(latest), row['external_expires']],
          decision_entry_id: [first.entryId, row['decision_entry_id']],
          status: [fieldOf(state, 'status'), row['status']],
          checkout_status: [fieldOf(state, 'checkout_status'), row['checkout_status']],
          reserved_periods: [listOf(fieldOf(state, 'reserved_periods')), row['reserved_periods']],
          reserved_minor: [fieldOf(state, 'reserved_minor') ?? '0', row['reserved_minor']],
          settled_minor: [fieldOf(state, 'settled_minor') ?? '0', row['settled_minor']],
          approved_by: [fieldOf(state, 'approved_by') ?? null, row['approved_by']],
          last_entry_id: [latest.entryId, row['last_entry_id']],
        }),
      );
    }
  }
}

/** When the leave to pay outside ends, where the log says so; null: it was not given. */
function leaveEnd({ body }: AuditedEntry): string | null | undefined {
  if (fieldOf(body, 'checkout', 'method') !== 'external') return null;
  return instant(fieldOf(body, 'checkout', 'expires_at')) ?? undefined;
}

/** The free text is compared with its commitment; one that was erased is no difference. */
function privateText(commitment: unknown, stored: unknown): readonly [unknown, unknown] {
  if (stored === null) return [undefined, undefined];
  const { salt, ...text } = asTerms(stored) ?? {};
  return [
    COMMITTED,
    isCommitted(
      commitment,
      canonicalJson(text),
      typeof salt === 'string' ? Buffer.from(salt, 'base64') : null,
    ),
  ];
}

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
          steps: [
            listOf(fieldOf(approval, 'steps')),
            listOf(row['steps']).map((step) => loggedStep(step, approval)),
          ],
          created_at: [instant(fieldOf(approval, 'created_at')), row['created']],
          expires_at: [instant(fieldOf(approval, 'expires_at')), row['expires']],
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

/** A stored step in the form the log has it, with what the log says of it alone. */
function loggedStep(step: unknown, approval: unknown): unknown {
  const logged = listOf(fieldOf(approval, 'steps')).find(
    (one) => fieldOf(one, 'step_key') === fieldOf(step, 'stepKey'),
  );
  const signature = fieldOf(step, 'signature');
  const signedAtMs = fieldOf(signature, 'signedAtMs');
  const fields: Record<string, unknown> = {
    approvers: fieldOf(step, 'approvers'),
    control: fieldOf(step, 'control'),
    limit: fieldOf(step, 'limit'),
    message: fieldOf(step, 'message'),
    policy_id: fieldOf(step, 'policyId'),
    reason_code: fieldOf(step, 'reasonCode'),
    rule_id: fieldOf(step, 'ruleId'),
    signed_at: typeof signedAtMs === 'number' ? new Date(signedAtMs).toISOString() : null,
    signed_by: fieldOf(signature, 'principalId'),
    step_key: fieldOf(step, 'stepKey'),
  };
  const reference = fieldOf(signature, 'authorizationReference');
  if (fieldOf(logged, 'authorization_reference') !== undefined) fields['authorization_reference'] = reference;
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  );
}

export async function auditSignatures(audit: RowAudit): Promise<void> {
  for await (const rows of audit.pages<WithEntries>('approval_signature', auditSignatureRows())) {
    for (const row of rows) {
      const key = { approval_id: row['approval_id'] as unknown, step_index: row['step_index'] as unknown };
      const entries = entriesOf(audit, String(row['request_id']), row);
      if (entries === null) continue;
      const stepOf = (entry: AuditedEntry): unknown =>
        listOf(fieldOf(entry.body, 'approval', 'steps'))[Number(key.step_index)];
      const signing = entries.find((entry) => fieldOf(stepOf(entry), 'signed_by') !== undefined);
      if (signing === undefined) {
        audit.extra('approval_signature', key, 'nobody signed this step');
        continue;
      }
      const step = stepOf(signing);
      audit.compare(
        'approval_signature',
        key,
        said({
          principal_id: [fieldOf(step, 'signed_by'), row['principal_id']],
          authorization_reference: [
            fieldOf(step, 'authorization_reference') ??
              fieldOf(signing.body, 'detail', 'authorization_reference'),
            row['authorization_reference'],
          ],
          terms_hash: [fieldOf(signing.body, 'approval', 'terms_hash'), row['terms_hash']],
          signed_at: [instant(fieldOf(step, 'signed_at')), row['signed']],
          entry_id: [signing.entryId, row['entry_id']],
        }),
      );
    }
  }
}

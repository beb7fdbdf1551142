// http/present-purchase.ts: a purchase as the API shows it: to the agent that just asked, to one that replays its key,
// and to whoever reads it later. All are made from the same entry bodies, so a replay answers what was answered.
import type { ApprovalWithRequest, Approval, PurchaseRequest } from '@countersign/contract';
import { type ApprovalStep, type CurrencyCode, formatAmount } from '@countersign/core';

import type { PrivateText, RecordedEntry } from '../gate/command.ts';
import { rateOfRow } from '../gate/exchange-rows.ts';
import type { ApprovalViewRow, PurchaseViewRow } from '../gate/purchase-reads.ts';
import { presentRate } from './present-rate.ts';
import {
  type RecordedApproval,
  type RecordedBody,
  type RecordedDecision,
  type RecordedState,
  type RecordedTerms,
  presentDecision,
  recordedBody,
} from './present-decision.ts';

/** The answer to the request itself, and to every replay of it. */
export function presentOpened(entry: RecordedEntry, privateText: PrivateText | null): PurchaseRequest {
  const body = entry.body as unknown as RecordedBody; // written by gate/entry-body.ts
  const approval = body.approval === undefined ? null : presentRecordedApproval(body.approval);
  const shown = present({
    first: body,
    decided: body,
    last: body,
    privateText,
    approval,
    rejectionReason: null,
  });
  shown.promise = entry.promise;
  return shown;
}

/** How it stands now. */
export function presentPurchase(row: PurchaseViewRow): PurchaseRequest {
  const last = recordedBody(row.last_body);
  return present({
    first: recordedBody(row.first_body),
    decided: recordedBody(row.decision_body),
    last,
    privateText: row.private_text as PrivateText | null, // written by the gate
    approval: last.approval === undefined ? null : presentApproval(last.approval, row.approval_steps),
    rejectionReason: row.rejection_reason,
  });
}

/** The answer to its cancelling, and to every replay of that: how it stood then. Nothing is decided about it any more. */
export function presentCancelled(entry: RecordedEntry, row: PurchaseViewRow): PurchaseRequest {
  return presentPurchase({ ...row, last_body: Buffer.from(JSON.stringify(entry.body)) });
}

interface Parts {
  readonly first: RecordedBody;
  readonly decided: RecordedBody;
  readonly last: RecordedBody;
  /** null: erased. */
  readonly privateText: PrivateText | null;
  readonly approval: Approval | null;
  readonly rejectionReason: string | null;
}

/** What is undefined in it does not reach the JSON. */
function present({ first, decided, last, privateText, approval, rejectionReason }: Parts): PurchaseRequest {
  const { terms } = first;
  const { state } = last;
  if (terms === undefined || state === undefined || decided.decision === undefined) {
    throw new Error(`the entries of ${first.subject_id} do not describe a purchase`);
  }
  const decision = presentDecision(decided.decision, decided.at);
  return {
    request_id: first.subject_id,
    status: state.status,
    ...presentTerms(terms, privateText),
    merchant: {
      domain: terms.merchant_domain ?? null,
      mcc: terms.mcc ?? null,
      country: terms.country ?? null,
    },
    commitment_type: terms.commitment_type ?? 'purchase',
    replaces: terms.replaces ?? null,
    ...presentClaims(terms),
    metadata: privateText === null ? null : privateText.metadata,
    amount_details: privateText?.amount_details,
    line_items: privateText?.line_items,
    estimated_contract_value: privateText?.estimated_contract_value,
    decision: approval?.status === 'rejected' ? rejected(decision, rejectionReason) : decision,
    ...presentExchange(decided.decision),
    ...(approval === null ? null : { approval }),
    checkout: presentCheckout(last, state, terms.currency),
    approved_by: state.approved_by ?? null,
    created_at: first.at,
  };
}

/** What the request rests on; nothing where it cites nothing. */
function presentClaims({ tender_reference, framework_id, waiver_id }: RecordedTerms) {
  return {
    ...(tender_reference === undefined ? null : { tender_reference }),
    ...(framework_id === undefined ? null : { framework_id }),
    ...(waiver_id === undefined ? null : { waiver_id }),
  };
}

/** The rates a decision used; nothing where it used none. */
function presentExchange({ facts }: RecordedDecision): Pick<PurchaseRequest, 'exchange'> | null {
  if (facts.exchange === undefined) return null;
  return { exchange: facts.exchange.map((row) => presentRate(rateOfRow(row))) };
}

function presentTerms(terms: RecordedTerms, privateText: PrivateText | null) {
  return {
    agent_id: terms.agent_id,
    policy_id: terms.policy_id ?? null,
    vendor: terms.vendor,
    amount: terms.amount,
    currency: terms.currency,
    intent: privateText?.intent ?? null,
    category: terms.category ?? null,
    cost_center: terms.cost_center ?? null,
    project: terms.project ?? null,
    rail: terms.rail ?? null,
  };
}

/** A human's no is a denial of its own, after every control has had its say. */
function rejected(decision: PurchaseRequest['decision'], reason: string | null): PurchaseRequest['decision'] {
  const message = reason === null ? 'An approver rejected it.' : `An approver rejected it: ${reason}`;
  const finding = {
    control: 'approval',
    policy_id: null,
    rule_id: null,
    outcome: 'deny' as const,
    reason_code: 'approval_rejected',
    message,
    observed: null,
    limit: null,
    clause: 'AG-642 4.5',
    next_step: 'Do not submit it again as it is; ask whoever rejected it.',
  };
  return {
    ...decision,
    outcome: 'denied',
    reason_code: finding.reason_code,
    message,
    findings: [finding, ...decision.findings],
  };
}

function presentCheckout(
  last: RecordedBody,
  state: RecordedState,
  currency: string,
): PurchaseRequest['checkout'] {
  const { checkout } = last;
  const hasCard = checkout?.card_id !== undefined;
  const shown: PurchaseRequest['checkout'] = {
    // The database's own type has exactly the values of the contract.
    status: (checkout?.status ?? state.checkout_status) as PurchaseRequest['checkout']['status'],
    method: hasCard ? 'card' : checkout?.method === 'external' ? 'external' : null,
  };
  if (hasCard) shown.card_id = checkout.card_id;
  if (state.card_status !== undefined) shown.card_status = state.card_status;
  if (checkout?.last4 !== undefined) shown.last4 = checkout.last4;
  if (checkout?.expires_at !== undefined) shown.expires_at = checkout.expires_at;
  if (state.settled_minor !== undefined) {
    shown.settled_amount = formatAmount(BigInt(state.settled_minor), currency as CurrencyCode); // parsed when it was asked
  }
  return shown;
}

type Step = Approval['steps'][number];

function presentRecordedApproval(approval: RecordedApproval): Approval {
  return presentApproval(approval, null);
}

/** `stored`: the steps with what signers wrote, which the log keeps out; null where nobody has signed yet. */
function presentApproval(approval: RecordedApproval, stored: unknown): Approval {
  const steps = storedSteps(stored);
  return {
    approval_id: approval.approval_id,
    status: approval.status,
    expires_at: approval.expires_at,
    terms_hash: approval.terms_hash,
    steps: approval.steps.map((step, index): Step => {
      const signed = steps[index]?.signatures ?? [];
      return {
        step: index,
        policy_id: step.policy_id ?? null,
        rule_id: step.rule_id ?? null,
        reason_code: step.reason_code,
        message: step.message,
        limit: step.limit ?? null,
        approvers: step.approvers ?? null,
        tier: step.tier ?? null,
        quorum: step.quorum ?? 1,
        order: step.order,
        reminders: step.reminders ?? 0,
        escalate_to: step.escalate_to ?? [],
        escalated_at: step.escalated_at ?? null,
        signatures: (step.signatures ?? []).map((signature) => ({
          signed_by: signature.signed_by,
          on_behalf_of: signature.on_behalf_of ?? null,
          authorization_reference: signature.authorization_reference,
          comment: signed.find((each) => each.principalId === signature.signed_by)?.comment ?? null,
          signed_at: signature.signed_at,
          viewed_seconds: signature.viewed_seconds ?? null,
        })),
      };
    }),
  };
}

function presentStoredStep(step: ApprovalStep, index: number): Step {
  return {
    step: index,
    policy_id: step.policyId,
    rule_id: step.ruleId,
    reason_code: step.reasonCode,
    message: step.message,
    limit: step.limit,
    approvers: step.approvers === null ? null : [...step.approvers],
    tier: step.tier,
    quorum: step.quorum,
    order: step.order,
    reminders: step.reminders,
    escalate_to: [...step.escalateTo],
    escalated_at: step.escalatedAtMs === null ? null : new Date(step.escalatedAtMs).toISOString(),
    signatures: step.signatures.map((signature) => ({
      signed_by: signature.principalId,
      on_behalf_of: signature.onBehalfOf,
      authorization_reference: signature.authorizationReference,
      comment: signature.comment,
      signed_at: new Date(signature.signedAtMs).toISOString(),
      viewed_seconds: signature.viewedSeconds,
    })),
  };
}

function storedSteps(stored: unknown): readonly ApprovalStep[] {
  return Array.isArray(stored) ? (stored as ApprovalStep[]) : []; // core's ApprovalStep, stored by the gate as JSON
}

/** The answer to a signature or a rejection, and to every replay of it: how the approval stood then. */
export function presentDecidedApproval(entry: RecordedEntry, row: ApprovalViewRow): ApprovalWithRequest {
  const { approval, state } = entry.body as unknown as RecordedBody; // written by gate/entry-body.ts
  if (approval === undefined || state === undefined)
    throw new Error(`entry ${entry.entryId} says nothing of an approval`);
  return {
    ...presentApproval(approval, row.steps),
    created_at: approval.created_at,
    request_id: row.request_id,
    request: requestOf(row, state.status),
  };
}

/** An approval with the request it is for, as approvers read it. `maySign`: what whoever asks may sign now. */
export function presentApprovalWithRequest(
  row: ApprovalViewRow,
  maySign: NonNullable<ApprovalWithRequest['may_sign']> | null = null,
): ApprovalWithRequest {
  return {
    approval_id: row.approval_id,
    status: row.status as ApprovalWithRequest['status'], // checked by the table
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at.toISOString(),
    terms_hash: row.terms_hash.toString('hex'),
    steps: storedSteps(row.steps).map(presentStoredStep),
    ...(maySign === null ? null : { may_sign: maySign }),
    request_id: row.request_id,
    request: requestOf(row, row.request_status),
  };
}

function requestOf(row: ApprovalViewRow, status: string): ApprovalWithRequest['request'] {
  const { terms } = recordedBody(row.first_body);
  if (terms === undefined) throw new Error(`the first entry of ${row.request_id} has no terms`);
  return {
    status,
    ...presentTerms(terms, row.private_text as PrivateText | null), // written by the gate
    created_at: row.request_created_at.toISOString(),
  };
}

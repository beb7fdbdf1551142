// gate/entry-body.ts: what the record says of a purchase or a check. Plain data, snake_case, no free text.
// The answer to an agent and its replay are both built from these bodies; a decision can be recomputed from them.
// What is empty or null is left out, by being undefined: each byte is written for every decision, for ever. Members stand
// in the order in which they are written, so that they need no sorting.
import {
  type Action,
  type ApprovalStep,
  type AuthorizationState,
  type BudgetFacts,
  CORE_VERSION,
  type CurrencyCode,
  type DecisionFacts,
  type DecisionOutcome,
  type Finding,
  type PurchaseEvent,
  type PurchaseState,
  type Signature,
  type Transfer,
  formatAmount,
  merchantAmountDetail,
  parseAmount,
} from '@countersign/core';

import type { Json } from '../record/recorder.ts';
import { authorityBody } from './authority-body.ts';
import { relatedBody } from './related-body.ts';
import { claimsOfTerms, sourcingRow } from './sourcing-rows.ts';
import { allocationRow } from './allocation-facts.ts';
import { periodRateRows, rateRow } from './exchange-rows.ts';
import { reviewRow, supplierRow } from './supplier-rows.ts';
import { velocityReviewRow } from './velocity-reviews.ts';

export type Body = Record<string, Json>;

/** What the terms of a purchase say besides its action; a check has none of it. */
export interface PurchaseTerms {
  readonly commitmentType: string | null;
  readonly replaces: string | null;
  /** Stands for intent, metadata and line items. */
  readonly privateCommitment: string;
}

/** What was asked for. */
export function termsOf(action: Action, purchase: PurchaseTerms | null): Body {
  return {
    action_type: action.type === 'spend' ? undefined : action.type,
    agent_id: action.agentId,
    amount: formatAmount(action.amountMinor, action.currency),
    category: action.category ?? undefined,
    commitment_type: purchase?.commitmentType ?? undefined,
    contract_value_minor: action.sourcing?.contractValueMinor?.toString(),
    cost_center: action.costCenter ?? undefined,
    country: action.country ?? undefined,
    currency: action.currency,
    days_since_purchase: action.daysSincePurchase ?? undefined,
    deal_amount_minor: action.dealAmountMinor?.toString(),
    discount_basis_points: action.discountBasisPoints ?? undefined,
    entity_id: action.entityId,
    framework_id: action.sourcing?.frameworkId ?? undefined,
    mcc: action.mcc ?? undefined,
    merchant_domain: action.merchantDomain ?? undefined,
    net_minor: action.sourcing?.netMinor?.toString(),
    policy_id: action.policyId ?? undefined,
    private: purchase?.privateCommitment,
    project: action.project ?? undefined,
    rail: action.rail ?? undefined,
    replaces: purchase?.replaces ?? undefined,
    sources: isEmpty(action.sources) ? undefined : action.sources,
    team: action.team ?? undefined,
    tender_reference: action.sourcing?.tenderReference ?? undefined,
    vendor: action.counterparty,
    waiver_id: action.sourcing?.waiverId ?? undefined,
  };
}

/** The inverse of termsOf: the action a stored decision was about. */
export function actionOfTerms(subject: Action['subject'], terms: Readonly<Record<string, unknown>>): Action {
  const text = (name: string): string | null => (typeof terms[name] === 'string' ? terms[name] : null);
  const number = (name: string): number | null => (typeof terms[name] === 'number' ? terms[name] : null);
  const required = (name: string): string => {
    const value = text(name);
    if (value === null) throw new Error(`a stored entry has no ${name}`);
    return value;
  };
  const dealAmount = text('deal_amount_minor');
  const currency = required('currency') as CurrencyCode; // written by termsOf
  const amount = parseAmount(required('amount'), currency, { allowZero: true });
  if (!amount.ok) throw new Error(`a stored entry has a wrong amount: ${amount.message}`);
  return {
    subject,
    type: (text('action_type') ?? 'spend') as Action['type'], // written by termsOf
    agentId: required('agent_id'),
    team: text('team'),
    entityId: required('entity_id'),
    policyId: text('policy_id'),
    counterparty: required('vendor'),
    amountMinor: amount.minor,
    currency,
    category: text('category'),
    costCenter: text('cost_center'),
    project: text('project'),
    rail: text('rail'),
    country: text('country'),
    mcc: text('mcc'),
    merchantDomain: text('merchant_domain'),
    daysSincePurchase: number('days_since_purchase'),
    discountBasisPoints: number('discount_basis_points'),
    dealAmountMinor: dealAmount === null ? null : BigInt(dealAmount),
    sourcing: claimsOfTerms(terms),
    sources: (terms['sources'] ?? {}) as Action['sources'], // written by termsOf
  };
}

/**
 * A decision with everything it was made from. Holds and denials stand in full; a pass is a row of control, policy, rule,
 * observed and limit, and the plain pass of a rule is named under its policy. `atMs`: when it was decided, where that is not the entry's `at`.
 */
export function decisionBody(
  outcome: DecisionOutcome,
  findings: readonly Finding[],
  facts: DecisionFacts,
  { configurationVersion, atMs }: { readonly configurationVersion: bigint; readonly atMs: number | null },
): Body {
  const others: Body[] = [];
  const passed: Json[] = [];
  for (const finding of findings) {
    if (finding.outcome !== 'pass') others.push(findingBody(finding));
    else if (!isPlainPass(finding)) passed.push(passRow(finding));
  }
  return {
    configuration_version: Number(configurationVersion),
    core_version: CORE_VERSION,
    decided_at: atMs ?? undefined,
    facts: factsBody(facts, findings),
    findings: others,
    outcome,
    passed,
    passed_rules: facts.policies.map((policy) => plainPassesOf(policy.policyId, findings)),
    policies: facts.policies.map((policy) => [policy.policyId, policy.version]),
  };
}

/** A rule that simply let it pass: its limit stands in the policy's version, what it saw in the terms. */
function isPlainPass(finding: Finding): boolean {
  return finding.outcome === 'pass' && finding.ruleId !== null && finding.reasonCode === 'ok';
}

/** Control and rule, one after the other: a line for each of a dozen rules would be half of an entry. */
function plainPassesOf(policyId: string, findings: readonly Finding[]): string[] {
  const passes: string[] = [];
  for (const finding of findings) {
    if (finding.policyId !== policyId || !isPlainPass(finding)) continue;
    passes.push(finding.control, finding.ruleId ?? '');
  }
  return passes;
}

function passRow(finding: Finding): Json {
  const row = [
    finding.control,
    finding.policyId ?? '',
    finding.ruleId ?? '',
    finding.observed ?? '',
    finding.limit ?? '',
  ];
  if (finding.reasonCode !== 'ok') row.push(finding.reasonCode);
  return row;
}

function factsBody(facts: DecisionFacts, findings: readonly Finding[]): Body {
  return {
    agent_status: facts.agent.status,
    allocations: facts.allocations?.map(allocationRow),
    authority: authorityBody(facts.authority, findings),
    bindings: isEmpty(facts.agent.bindings) ? undefined : { ...facts.agent.bindings },
    budgets: facts.budgets.map(budgetRow),
    duplicate_at: facts.duplicateAtMs ?? undefined,
    exchange: facts.exchange.rates.length === 0 ? undefined : facts.exchange.rates.map(rateRow),
    jurisdiction: facts.jurisdiction ?? undefined,
    pending_approvals:
      facts.pendingApprovals === undefined
        ? undefined
        : [facts.pendingApprovals.count, facts.pendingApprovals.limit],
    related: relatedBody(facts.related),
    signed_steps: facts.signedSteps.length === 0 ? undefined : facts.signedSteps,
    sourcing: facts.sourcing === undefined ? undefined : sourcingRow(facts.sourcing),
    stage: facts.stage,
    supplier: facts.supplier === null ? undefined : supplierRow(facts.supplier),
    supplier_review: facts.supplierReview === null ? undefined : reviewRow(facts.supplierReview),
    velocity_reviews: facts.velocityReviews?.map(velocityReviewRow),
  };
}

function budgetRow(budget: BudgetFacts): Json {
  const row = [
    budget.budgetId,
    Number(budget.periodId),
    budget.currency,
    budget.limitMinor.toString(),
    budget.pendingMinor.toString(),
    budget.committedMinor.toString(),
    budget.spentMinor.toString(),
    budget.ownMinor.toString(),
  ];
  if (budget.cap !== null) row.push(budget.cap.policyId, budget.cap.ruleId);
  return row;
}

function findingBody(finding: Finding): Body {
  return {
    approvers: finding.approvers ?? undefined,
    clause: finding.clause ?? undefined,
    control: finding.control,
    limit: finding.limit ?? undefined,
    message: finding.message,
    next_step: finding.nextStep ?? undefined,
    observed: finding.observed ?? undefined,
    outcome: finding.outcome,
    policy_id: finding.policyId ?? undefined,
    reason_code: finding.reasonCode,
    related_request_ids: finding.relatedRequestIds,
    rule_id: finding.ruleId ?? undefined,
  };
}

/**
 * The body of one transition of a purchase. `terms` and `decision` where it has them; `leaveEndsAtMs`: until when it may
 * be paid outside, if that is how it is paid.
 */
export function purchaseBody(
  event: PurchaseEvent,
  transfers: readonly Transfer[],
  { state, leaveEndsAtMs }: { readonly state: PurchaseState; readonly leaveEndsAtMs: number },
  parts: { readonly terms?: Body; readonly decision?: Body; readonly related?: readonly string[] },
): Body {
  return {
    approval: approvalBody(state),
    checkout: checkoutBody(state, leaveEndsAtMs),
    decision: parts.decision,
    detail: isEmpty(event.detail) ? undefined : event.detail,
    related: parts.related === undefined || parts.related.length === 0 ? undefined : parts.related,
    state: stateBody(state, event.detail['authorization_id']),
    terms: parts.terms,
    transfers: transfersBody(transfers),
  };
}

/** undefined: there are none. */
function transfersBody(transfers: readonly Transfer[]): Json {
  return transfers.length === 0 ? undefined : transfers.map(transferRow);
}

function transferRow(transfer: Transfer): Json {
  return [Number(transfer.periodId), transfer.from, transfer.to, transfer.amountMinor.toString()];
}

const AUTHORIZATIONS_MAX = 50;

/** The state columns as they stand after the transition: the rows are the fold of the log. */
function stateBody(state: PurchaseState, changedId: unknown): Body {
  return {
    approved_by: state.approvedBy ?? undefined,
    authorizations: authorizationsBody(state.authorizations, changedId),
    card_status: state.card?.status,
    checkout_status: state.checkoutStatus,
    period_rates: periodRateRows(state.periodRates),
    reserved_minor: state.reservedMinor.toString(),
    reserved_periods: state.reservedPeriods.map(Number),
    settled_minor: state.settledMinor === 0n ? undefined : state.settledMinor.toString(),
    status: state.status,
  };
}

/**
 * A decline says all in its own entry, and there may be any number of them: an entry has a largest size.
 * What the entry is about is always there: the answer is built from it.
 */
function authorizationsBody(authorizations: readonly AuthorizationState[], changedId: unknown): Json {
  const approved = authorizations
    .filter((authorization) => authorization.approved)
    .filter(
      ({ authorizationId }, index, all) =>
        index >= all.length - AUTHORIZATIONS_MAX || authorizationId === changedId,
    );
  return approved.length === 0 ? undefined : approved.map(authorizationBody);
}

function authorizationBody(authorization: AuthorizationState): Body {
  return {
    amount_minor: authorization.amountMinor.toString(),
    approved: authorization.approved,
    authorization_id: authorization.authorizationId,
    captured_minor: authorization.capturedMinor.toString(),
    closed: authorization.closed,
    currency: authorization.currency,
    forced: authorization.forced,
    ...merchantAmountDetail(authorization.merchantAmount),
    reason: authorization.reason,
    refunded_minor: authorization.refundedMinor.toString(),
    reversed_minor: authorization.reversedMinor.toString(),
  };
}

function approvalBody({ approval }: PurchaseState): Json {
  if (approval === null) return undefined;
  return {
    approval_id: approval.approvalId,
    created_at: new Date(approval.createdAtMs).toISOString(),
    expires_at: new Date(approval.expiresAtMs).toISOString(),
    status: approval.status,
    steps: approval.steps.map(stepBody),
    terms_hash: approval.termsHash,
  };
}

/** Comments are kept apart: the log has their commitment, in the detail of the signature's entry. */
function stepBody(step: ApprovalStep): Body {
  return {
    added_at: new Date(step.addedAtMs).toISOString(),
    approvers: step.approvers ?? undefined,
    control: step.control,
    escalate_after_ms: step.escalateAfterMs ?? undefined,
    escalate_to: step.escalateTo.length === 0 ? undefined : step.escalateTo,
    escalated_at: step.escalatedAtMs === null ? undefined : new Date(step.escalatedAtMs).toISOString(),
    limit: step.limit ?? undefined,
    message: step.message,
    order: step.order,
    policy_id: step.policyId ?? undefined,
    quorum: step.quorum === 1 ? undefined : step.quorum,
    reason_code: step.reasonCode,
    remind_after_ms: step.remindAfterMs ?? undefined,
    reminded_at: step.remindedAtMs === null ? undefined : new Date(step.remindedAtMs).toISOString(),
    reminders: step.reminders === 0 ? undefined : step.reminders,
    rule_id: step.ruleId ?? undefined,
    signatures: step.signatures.length === 0 ? undefined : step.signatures.map(signatureBody),
    step_key: step.stepKey,
    tier: step.tier ?? undefined,
  };
}

function signatureBody(signature: Signature): Body {
  return {
    authorization_reference: signature.authorizationReference,
    on_behalf_of: signature.onBehalfOf ?? undefined,
    signed_at: new Date(signature.signedAtMs).toISOString(),
    signed_by: signature.principalId,
    viewed_seconds: signature.viewedSeconds ?? undefined,
  };
}

function checkoutBody(state: PurchaseState, leaveEndsAtMs: number): Body {
  const card = state.card;
  if (card === null) {
    return state.status === 'approved'
      ? {
          expires_at: new Date(leaveEndsAtMs).toISOString(),
          method: 'external',
          status: state.checkoutStatus,
        }
      : { status: state.checkoutStatus };
  }
  return {
    card_id: card.cardId,
    expires_at: new Date(card.expiresAtMs).toISOString(),
    last4: card.last4,
    method: card.provider,
    status: state.checkoutStatus,
  };
}

function isEmpty(members: object): boolean {
  return Object.keys(members).length === 0;
}

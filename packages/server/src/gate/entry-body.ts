// gate/entry-body.ts: what the record says of a purchase or a check. Plain data, snake_case, no free text.
// The answer to an agent and its replay are both built from these bodies; a decision can be recomputed from them.
// Empty and null fields are left out: each byte is written for every decision, for ever.
import {
  type Action,
  type AuthorizationState,
  CORE_VERSION,
  type CurrencyCode,
  type DecisionFacts,
  type DecisionOutcome,
  type Finding,
  type PurchaseEvent,
  type PurchaseState,
  type Transfer,
  formatAmount,
  parseAmount,
} from '@countersign/core';

import type { Json } from '../record/recorder.ts';

export type Body = Record<string, Json>;

/** What was asked for; `privateCommitment` stands for intent, metadata and line items. */
export function termsOf(action: Action, extra: Body): Body {
  return withoutNulls({
    ...extra,
    action_type: action.type === 'spend' ? null : action.type,
    agent_id: action.agentId,
    amount: formatAmount(action.amountMinor, action.currency),
    category: action.category,
    cost_center: action.costCenter,
    country: action.country,
    currency: action.currency,
    days_since_purchase: action.daysSincePurchase,
    deal_amount_minor: action.dealAmountMinor?.toString() ?? null,
    discount_basis_points: action.discountBasisPoints,
    entity_id: action.entityId,
    mcc: action.mcc,
    merchant_domain: action.merchantDomain,
    policy_id: action.policyId,
    project: action.project,
    rail: action.rail,
    sources: Object.keys(action.sources).length === 0 ? null : action.sources,
    team: action.team,
    vendor: action.counterparty,
  });
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
  const policyIds = facts.policies.map((policy) => policy.policyId);
  return {
    configuration_version: Number(configurationVersion),
    core_version: CORE_VERSION,
    ...(atMs === null ? {} : { decided_at: atMs }),
    facts: factsBody(facts),
    findings: findings.filter((finding) => finding.outcome !== 'pass').map(findingBody),
    outcome,
    passed: findings.filter((finding) => finding.outcome === 'pass' && !isPlainPass(finding)).map(passRow),
    passed_rules: policyIds.map((policyId) => plainPassesOf(policyId, findings)),
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

function factsBody(facts: DecisionFacts): Body {
  const bindings = facts.agent.bindings;
  return withoutNulls({
    agent_status: facts.agent.status,
    bindings: Object.keys(bindings).length === 0 ? null : { ...bindings },
    budgets: facts.budgets.map((budget) => [
      budget.budgetId,
      Number(budget.periodId),
      budget.currency,
      budget.limitMinor.toString(),
      budget.pendingMinor.toString(),
      budget.committedMinor.toString(),
      budget.spentMinor.toString(),
      budget.ownMinor.toString(),
      ...(budget.cap === null ? [] : [budget.cap.policyId, budget.cap.ruleId]),
    ]),
    duplicate_at: facts.duplicateAtMs,
    signed_steps: facts.signedSteps.length === 0 ? null : facts.signedSteps,
    stage: facts.stage,
  });
}

function findingBody(finding: Finding): Body {
  return withoutNulls({
    approvers: finding.approvers,
    clause: finding.clause,
    control: finding.control,
    limit: finding.limit,
    message: finding.message,
    next_step: finding.nextStep,
    observed: finding.observed,
    outcome: finding.outcome,
    policy_id: finding.policyId,
    reason_code: finding.reasonCode,
    rule_id: finding.ruleId,
  });
}

/**
 * The body of one transition of a purchase. `terms` and `decision` where it has them; `leaveEndsAtMs`: until when it may
 * be paid outside, if that is how it is paid.
 */
export function purchaseBody(
  event: PurchaseEvent,
  transfers: readonly Transfer[],
  { state, leaveEndsAtMs }: { readonly state: PurchaseState; readonly leaveEndsAtMs: number },
  parts: { readonly terms?: Body; readonly decision?: Body },
): Body {
  return withoutNulls({
    ...parts,
    approval: approvalBody(state),
    checkout: checkoutBody(state, leaveEndsAtMs),
    detail: Object.keys(event.detail).length === 0 ? null : event.detail,
    state: stateBody(state, event.detail['authorization_id']),
    transfers: transfersBody(transfers),
  });
}

export function transfersBody(transfers: readonly Transfer[]): Json {
  if (transfers.length === 0) return null;
  return transfers.map((transfer) => [
    Number(transfer.periodId),
    transfer.from,
    transfer.to,
    transfer.amountMinor.toString(),
  ]);
}

const AUTHORIZATIONS_MAX = 50;

/** The state columns as they stand after the transition: the rows are the fold of the log. */
function stateBody(state: PurchaseState, changedId: unknown): Body {
  // A decline says all in its own entry, and there may be any number of them: an entry has a largest size.
  // What the entry is about is always there: the answer is built from it.
  const approved = state.authorizations
    .filter((authorization) => authorization.approved)
    .filter(
      ({ authorizationId }, index, all) =>
        index >= all.length - AUTHORIZATIONS_MAX || authorizationId === changedId,
    );
  return withoutNulls({
    approved_by: state.approvedBy,
    authorizations: approved.length === 0 ? null : approved.map(authorizationBody),
    card_status: state.card?.status ?? null,
    checkout_status: state.checkoutStatus,
    reserved_minor: state.reservedMinor.toString(),
    reserved_periods: state.reservedPeriods.map(Number),
    settled_minor: state.settledMinor === 0n ? null : state.settledMinor.toString(),
    status: state.status,
  });
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
    reason: authorization.reason,
    refunded_minor: authorization.refundedMinor.toString(),
    reversed_minor: authorization.reversedMinor.toString(),
  };
}

function approvalBody(state: PurchaseState): Body | null {
  const approval = state.approval;
  if (approval === null) return null;
  return {
    approval_id: approval.approvalId,
    created_at: new Date(approval.createdAtMs).toISOString(),
    expires_at: new Date(approval.expiresAtMs).toISOString(),
    status: approval.status,
    steps: approval.steps.map((step) =>
      withoutNulls({
        approvers: step.approvers,
        control: step.control,
        limit: step.limit,
        message: step.message,
        policy_id: step.policyId,
        reason_code: step.reasonCode,
        rule_id: step.ruleId,
        signed_at: step.signature === null ? null : new Date(step.signature.signedAtMs).toISOString(),
        signed_by: step.signature?.principalId ?? null,
        step_key: step.stepKey,
      }),
    ),
    terms_hash: approval.termsHash,
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

export function withoutNulls(fields: Body): Body {
  const kept: Body = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value !== null && value !== undefined) kept[name] = value;
  }
  return kept;
}

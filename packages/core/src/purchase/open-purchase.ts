// purchase/open-purchase.ts: a new request is decided, and its money set aside with the decision.
import type { Action } from '../action.ts';
import { decide, stepKey } from '../decide.ts';
import type { DecisionFacts } from '../decision-facts.ts';
import type { Finding } from '../finding.ts';
import { type Transfer, transferAll } from '../ledger.ts';
import { checkoutOf } from './checkout.ts';
import type { ApprovalState, ApprovalStep, Checkout, PurchaseState, Transition } from './state.ts';

export interface OpenPurchase {
  readonly requestId: string;
  readonly approvalId: string;
  readonly action: Action;
  /** SHA-256 of the terms, hex. Asked for when an approval has to bind to it. */
  readonly termsHash: () => string;
  readonly checkout: Checkout;
  /** Milliseconds a hold waits for its signatures. */
  readonly approvalValidForMs: number;
}

/** Decides a request and opens its purchase. Always a transition: a denial is an outcome and is recorded. */
export function openPurchase(
  command: OpenPurchase,
  facts: DecisionFacts,
  nowMs: number,
): Transition & { ok: true } {
  const decision = decide(command.action, facts, nowMs);
  const periodIds = facts.budgets.map((budget) => budget.periodId);
  const base: PurchaseState = {
    requestId: command.requestId,
    action: command.action,
    status: decision.outcome,
    checkoutStatus: 'none',
    reservedPeriods: [],
    reservedMinor: 0n,
    settledMinor: 0n,
    approvedBy: null,
    approval: null,
    card: null,
    authorizations: [],
  };
  const amountMinor = command.action.amountMinor;
  switch (decision.outcome) {
    case 'denied':
      return done(base, 'purchase.denied', [], decision.findings);
    case 'held': {
      const approval = openApproval(command, decision.findings, nowMs);
      const state = { ...base, approval, reservedPeriods: periodIds, reservedMinor: amountMinor };
      const transfers = transferAll(periodIds, 'available', 'pending', amountMinor);
      return done(state, 'purchase.held', transfers, decision.findings);
    }
    case 'approved': {
      const checkout = checkoutOf(command.checkout, command.action, nowMs);
      const state = {
        ...base,
        ...checkout,
        approvedBy: 'policy',
        reservedPeriods: periodIds,
        reservedMinor: amountMinor,
      };
      const transfers = transferAll(periodIds, 'available', 'committed', amountMinor);
      return done(state, 'purchase.approved', transfers, decision.findings);
    }
  }
}

/** The ordered steps that the holds of a decision ask for: lowest threshold first, as the findings come. */
export function stepsOf(findings: readonly Finding[], signed: readonly ApprovalStep[]): ApprovalStep[] {
  const steps = [...signed];
  for (const finding of findings) {
    if (finding.outcome !== 'hold') continue;
    const key = stepKey(finding);
    if (steps.some((step) => step.stepKey === key)) continue;
    steps.push({
      stepKey: key,
      control: finding.control,
      policyId: finding.policyId,
      ruleId: finding.ruleId,
      reasonCode: finding.reasonCode,
      message: finding.message,
      limit: finding.limit,
      approvers: finding.approvers,
      signature: null,
    });
  }
  return steps;
}

function openApproval(command: OpenPurchase, findings: readonly Finding[], nowMs: number): ApprovalState {
  return {
    approvalId: command.approvalId,
    status: 'pending',
    termsHash: command.termsHash(),
    steps: stepsOf(findings, []),
    createdAtMs: nowMs,
    expiresAtMs: nowMs + command.approvalValidForMs,
  };
}

function done(
  state: PurchaseState,
  type: 'purchase.approved' | 'purchase.held' | 'purchase.denied',
  transfers: readonly Transfer[],
  findings: readonly Finding[],
): Transition & { ok: true } {
  return { ok: true, state, events: [{ type, transfers, findings, detail: {} }] };
}

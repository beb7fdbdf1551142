// purchase/open-purchase.ts: a new request is decided, and its money set aside with the decision.
import type { Action } from '../action.ts';
import { decide, stepKey } from '../decide.ts';
import type { DecisionFacts } from '../decision-facts.ts';
import type { Finding } from '../finding.ts';
import { type Transfer, transferAll } from '../ledger.ts';
import { reservedBudgets } from '../sourcing/ceiling.ts';
import { checkoutOf } from './checkout.ts';
import { NO_PERIOD_RATES, homePeriods, ratesOfDecision, withForeignTransfers } from './period-rates.ts';
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
  /** Milliseconds of silence before a reminder of a step that says nothing of it; null or left out: none. */
  readonly remindAfterMs?: number | null;
}

/** Decides a request and opens its purchase. Always a transition: a denial is an outcome and is recorded. */
export function openPurchase(
  command: OpenPurchase,
  facts: DecisionFacts,
  nowMs: number,
): Transition & { ok: true } {
  const decision = decide(command.action, facts, nowMs);
  const reserved = { ...facts, budgets: reservedBudgets(facts.budgets, decision.findings) };
  const periodIds = reserved.budgets.map((budget) => budget.periodId);
  const base: PurchaseState = {
    requestId: command.requestId,
    action: command.action,
    status: decision.outcome,
    checkoutStatus: 'none',
    reservedPeriods: [],
    reservedMinor: 0n,
    periodRates: NO_PERIOD_RATES,
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
      const periodRates = ratesOfDecision(command.action, reserved);
      const state = {
        ...base,
        approval,
        reservedPeriods: periodIds,
        reservedMinor: amountMinor,
        periodRates,
      };
      const transfers = transferAll(homePeriods(state), 'available', 'pending', amountMinor);
      return withForeignTransfers(base, done(state, 'purchase.held', transfers, decision.findings));
    }
    case 'approved': {
      const checkout = checkoutOf(command.checkout, command.action, nowMs);
      const state = {
        ...base,
        ...checkout,
        approvedBy: 'policy',
        reservedPeriods: periodIds,
        reservedMinor: amountMinor,
        periodRates: ratesOfDecision(command.action, reserved),
      };
      const transfers = transferAll(homePeriods(state), 'available', 'committed', amountMinor);
      return withForeignTransfers(base, done(state, 'purchase.approved', transfers, decision.findings));
    }
  }
}

/**
 * The steps that the holds of a decision ask for. One that says nothing of its order comes after those before it, in the
 * order of the findings. `known`: the steps there are; they keep their signatures.
 */
export function stepsOf(
  findings: readonly Finding[],
  known: readonly ApprovalStep[],
  { nowMs, remindAfterMs }: { readonly nowMs: number; readonly remindAfterMs: number | null },
): ApprovalStep[] {
  const steps = [...known];
  for (const finding of findings) {
    if (finding.outcome !== 'hold') continue;
    const key = stepKey(finding);
    if (steps.some((step) => step.stepKey === key)) continue;
    const { routing } = finding;
    steps.push({
      stepKey: key,
      control: finding.control,
      policyId: finding.policyId,
      ruleId: finding.ruleId,
      reasonCode: finding.reasonCode,
      message: finding.message,
      limit: finding.limit,
      approvers: finding.approvers,
      tier: routing?.tier ?? null,
      quorum: routing?.quorum ?? 1,
      order: routing?.order ?? Math.max(-1, ...steps.map((step) => step.order)) + 1,
      remindAfterMs: routing?.remindAfterMs ?? remindAfterMs,
      escalateAfterMs: routing?.escalateAfterMs ?? null,
      escalateTo: routing?.escalateTo ?? [],
      addedAtMs: nowMs,
      reminders: 0,
      remindedAtMs: null,
      escalatedAtMs: null,
      signatures: [],
    });
  }
  return steps;
}

function openApproval(command: OpenPurchase, findings: readonly Finding[], nowMs: number): ApprovalState {
  return {
    approvalId: command.approvalId,
    status: 'pending',
    termsHash: command.termsHash(),
    steps: stepsOf(findings, [], { nowMs, remindAfterMs: command.remindAfterMs ?? null }),
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

// purchase/sign-approval.ts: a human signs the next step; with the last one the same request is decided again,
// against the state of that moment, and goes on by itself. Clauses: AG-642 4.5, 4.8.
// INVARIANT: nobody signs twice, nobody signs for an agent they own.
import { decide } from '../decide.ts';
import type { DecisionFacts } from '../decision-facts.ts';
import { type Transfer, transferAll } from '../ledger.ts';
import { checkoutOf } from './checkout.ts';
import { stepsOf } from './open-purchase.ts';
import { endCard, releaseTransfers } from './release.ts';
import { type ApprovalState, type Checkout, type PurchaseState, type Transition, refused } from './state.ts';

export interface SignApproval {
  readonly signer: Signer;
  readonly authorizationReference: string;
  readonly comment: string | null;
  /** Stands for the comment in the record. */
  readonly commentCommitment: string | null;
  readonly checkout: Checkout;
}

export interface Signer {
  readonly principalId: string;
  readonly email: string | null;
}

export interface SigningFacts extends Omit<DecisionFacts, 'stage' | 'signedSteps'> {
  /** Owner of the agent: a principal's id or e-mail. */
  readonly agentOwner: string | null;
}

export function signApproval(
  state: PurchaseState,
  command: SignApproval,
  facts: SigningFacts,
  nowMs: number,
): Transition {
  const approval = state.approval;
  if (approval?.status !== 'pending' || state.status !== 'held') {
    return refused('approval_not_pending', 'This approval is not pending any more.');
  }
  if (nowMs >= approval.expiresAtMs) return refused('approval_expired', 'This approval has expired.');
  const refusal = maySign(approval, command.signer, facts.agentOwner);
  if (refusal !== null) return refusal;
  const index = nextStep(approval);
  const steps = approval.steps.map((step, at) =>
    at === index
      ? {
          ...step,
          signature: {
            principalId: command.signer.principalId,
            authorizationReference: command.authorizationReference,
            comment: command.comment,
            signedAtMs: nowMs,
          },
        }
      : step,
  );
  const signed: PurchaseState = { ...state, approval: { ...approval, steps } };
  const detail = {
    approval_id: approval.approvalId,
    step: index,
    signed_by: command.signer.principalId,
    authorization_reference: command.authorizationReference,
    ...(command.commentCommitment === null ? {} : { comment: command.commentCommitment }),
    terms_hash: approval.termsHash,
  };
  if (steps.some((step) => step.signature === null)) {
    return {
      ok: true,
      state: signed,
      events: [{ type: 'approval.signed', transfers: [], findings: null, detail }],
    };
  }
  return decideAgain(signed, command, facts, nowMs, detail);
}

/** Why this person may not sign the next step, or null when they may. */
export function maySign(
  approval: ApprovalState,
  signer: Signer,
  agentOwner: string | null,
): Transition | null {
  if (agentOwner !== null && isPerson(signer, agentOwner)) {
    return refused('self_approval', 'The owner of an agent may not approve its requests.');
  }
  if (approval.steps.some((step) => step.signature?.principalId === signer.principalId)) {
    return refused('already_signed', 'The same person may sign one step of an approval only.');
  }
  const step = approval.steps[nextStep(approval)];
  if (step === undefined) return refused('approval_not_pending', 'This approval has no step left to sign.');
  if (step.approvers !== null && !step.approvers.some((name) => isPerson(signer, name))) {
    return refused('not_an_approver_of_this_step', 'The rule that holds this request names other approvers.');
  }
  return null;
}

function isPerson(signer: Signer, name: string): boolean {
  return (
    signer.principalId === name ||
    (signer.email !== null && signer.email.toLowerCase() === name.toLowerCase())
  );
}

function nextStep(approval: ApprovalState): number {
  return approval.steps.findIndex((step) => step.signature === null);
}

function decideAgain(
  state: PurchaseState,
  command: SignApproval,
  facts: SigningFacts,
  nowMs: number,
  detail: Readonly<Record<string, string | number>>,
): Transition {
  const approval = state.approval;
  if (approval === null) throw new Error('a held purchase has an approval');
  const signedSteps = approval.steps.map((step) => step.stepKey);
  const decision = decide(state.action, { ...facts, stage: 'execution', signedSteps }, nowMs);
  const periodIds = facts.budgets.map((budget) => budget.periodId);
  const amountMinor = state.action.amountMinor;
  switch (decision.outcome) {
    case 'denied': {
      const transfers = releaseTransfers(state);
      return {
        ok: true,
        state: {
          ...state,
          status: 'denied',
          reservedMinor: 0n,
          approval: { ...approval, status: 'cancelled' },
          card: endCard(state, 'cancelled'), // one that a hold at the till had frozen
        },
        events: [{ type: 'purchase.denied', transfers, findings: decision.findings, detail }],
      };
    }
    case 'held': {
      const steps = stepsOf(decision.findings, approval.steps);
      const moved = moveReservation(state, periodIds, 'pending');
      return {
        ok: true,
        state: {
          ...state,
          approval: { ...approval, steps },
          reservedPeriods: periodIds,
          reservedMinor: amountMinor,
        },
        events: [{ type: 'purchase.held', transfers: moved, findings: decision.findings, detail }],
      };
    }
    case 'approved': {
      const checkout = checkoutOf(command.checkout, state.action, nowMs);
      const approvedBy = command.signer.principalId;
      const transfers = moveReservation(state, periodIds, 'committed');
      return {
        ok: true,
        state: {
          ...state,
          ...checkout,
          status: 'approved',
          approvedBy,
          approval: { ...approval, status: 'approved' },
          reservedPeriods: periodIds,
          reservedMinor: amountMinor,
        },
        events: [{ type: 'purchase.approved', transfers, findings: decision.findings, detail }],
      };
    }
  }
}

/**
 * Moves the reservation to the periods that bind now: the budget period is that of the approving decision. It is made
 * whole again where a partial reversal had made it smaller: the decision has found room for the whole amount.
 */
function moveReservation(
  state: PurchaseState,
  periodIds: readonly bigint[],
  to: 'pending' | 'committed',
): Transfer[] {
  const kept = periodIds.filter((id) => state.reservedPeriods.includes(id));
  const left = state.reservedPeriods.filter((id) => !periodIds.includes(id));
  const entered = periodIds.filter((id) => !state.reservedPeriods.includes(id));
  return [
    ...transferAll(left, 'pending', 'available', state.reservedMinor),
    ...(to === 'committed' ? transferAll(kept, 'pending', 'committed', state.reservedMinor) : []),
    ...transferAll(kept, 'available', to, state.action.amountMinor - state.reservedMinor),
    ...transferAll(entered, 'available', to, state.action.amountMinor),
  ];
}

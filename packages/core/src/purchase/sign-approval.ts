// purchase/sign-approval.ts: a human signs one step; with the last signature the same request is decided again, against the
// state of that moment, and goes on by itself. Clauses: AG-642 4.5, 4.8.
// INVARIANT: nobody signs twice, nobody signs for an agent they own (who-may-sign.ts).
import { decide } from '../decide.ts';
import type { DecisionFacts } from '../decision-facts.ts';
import { type Transfer, transferAll } from '../ledger.ts';
import { reservedBudgets } from '../sourcing/ceiling.ts';
import { checkoutOf } from './checkout.ts';
import { stepsOf } from './open-purchase.ts';
import { homePeriods, ratesOfDecision, withForeignTransfers } from './period-rates.ts';
import { endCard, releaseTransfers } from './release.ts';
import { type Checkout, type PurchaseState, type Signature, type Transition, refused } from './state.ts';
import { type Signer, isComplete, whoMaySign } from './who-may-sign.ts';

export interface SignApproval {
  readonly signer: Signer;
  /** The step that is meant; null or left out: the one of those open to the signer that fewest others may sign. */
  readonly step?: number | null;
  /** On whose behalf; null or left out: the signer's own authority where it suffices. */
  readonly onBehalfOf?: string | null;
  readonly authorizationReference: string;
  readonly comment: string | null;
  /** Stands for the comment in the record. */
  readonly commentCommitment: string | null;
  /** When the signer first opened the approval, milliseconds; null: never. */
  readonly viewedAtMs: number | null;
  readonly checkout: Checkout;
  /** Milliseconds of silence before a reminder of a step that says nothing of it; null: none. */
  readonly remindAfterMs?: number | null;
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
  const { agentOwner } = facts;
  const { step: wanted = null, onBehalfOf: wantedAuthority = null } = command;
  const may = whoMaySign(approval, command.signer, {
    agentOwner,
    step: wanted,
    onBehalfOf: wantedAuthority,
  });
  if (!may.ok) return may;
  const { stepIndex, onBehalfOf } = may;
  const signature: Signature = {
    principalId: command.signer.principalId,
    onBehalfOf,
    authorizationReference: command.authorizationReference,
    comment: command.comment,
    signedAtMs: nowMs,
    viewedSeconds: viewedSeconds(command.viewedAtMs, nowMs),
  };
  const steps = approval.steps.map((step, index) =>
    index === stepIndex ? { ...step, signatures: [...step.signatures, signature] } : step,
  );
  const signed: PurchaseState = { ...state, approval: { ...approval, steps } };
  const detail = {
    approval_id: approval.approvalId,
    step: stepIndex,
    signed_by: signature.principalId,
    ...(onBehalfOf === null ? {} : { on_behalf_of: onBehalfOf }),
    authorization_reference: command.authorizationReference,
    ...(command.commentCommitment === null ? {} : { comment: command.commentCommitment }),
    terms_hash: approval.termsHash,
    viewed_seconds: signature.viewedSeconds,
  };
  if (!steps.every(isComplete)) {
    return {
      ok: true,
      state: signed,
      events: [{ type: 'approval.signed', transfers: [], findings: null, detail }],
    };
  }
  return withForeignTransfers(signed, decideAgain(signed, command, facts, nowMs, detail));
}

/** Seconds from the first look to now, with milliseconds; null: nobody looked. */
export function viewedSeconds(viewedAtMs: number | null, nowMs: number): number | null {
  return viewedAtMs === null ? null : Math.max(0, nowMs - viewedAtMs) / 1000;
}

function decideAgain(
  state: PurchaseState,
  command: SignApproval,
  facts: SigningFacts,
  nowMs: number,
  detail: Readonly<Record<string, string | number | null>>,
): Transition {
  const approval = state.approval;
  if (approval === null) throw new Error('a held purchase has an approval');
  const signedSteps = approval.steps.map((step) => step.stepKey);
  const decision = decide(state.action, { ...facts, stage: 'execution', signedSteps }, nowMs);
  const reserved = { ...facts, budgets: reservedBudgets(facts.budgets, decision.findings) };
  const periodIds = reserved.budgets.map((budget) => budget.periodId);
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
      const { remindAfterMs = null } = command;
      const steps = stepsOf(decision.findings, approval.steps, { nowMs, remindAfterMs });
      const moved = moveReservation(state, homeOf(reserved, state), 'pending');
      return {
        ok: true,
        state: {
          ...state,
          approval: { ...approval, steps },
          reservedPeriods: periodIds,
          reservedMinor: amountMinor,
          periodRates: ratesOfDecision(state.action, reserved),
        },
        events: [{ type: 'purchase.held', transfers: moved, findings: decision.findings, detail }],
      };
    }
    case 'approved': {
      const checkout = checkoutOf(command.checkout, state.action, nowMs);
      const approvedBy = command.signer.principalId;
      const transfers = moveReservation(state, homeOf(reserved, state), 'committed');
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
          periodRates: ratesOfDecision(state.action, reserved),
        },
        events: [{ type: 'purchase.approved', transfers, findings: decision.findings, detail }],
      };
    }
  }
}

/** The periods that bind now and are in the purchase's currency. */
function homeOf(facts: SigningFacts, { action }: PurchaseState): bigint[] {
  return facts.budgets.filter(({ currency }) => currency === action.currency).map(({ periodId }) => periodId);
}

/**
 * Moves the reservation to the periods that bind now: the budget period is that of the approving decision. It is made
 * whole again where a partial reversal had made it smaller: the decision has found room for the whole amount.
 * `periodIds`: those in the purchase's currency.
 */
function moveReservation(
  state: PurchaseState,
  periodIds: readonly bigint[],
  to: 'pending' | 'committed',
): Transfer[] {
  const before = homePeriods(state);
  const kept = periodIds.filter((id) => before.includes(id));
  const left = before.filter((id) => !periodIds.includes(id));
  const entered = periodIds.filter((id) => !before.includes(id));
  return [
    ...transferAll(left, 'pending', 'available', state.reservedMinor),
    ...(to === 'committed' ? transferAll(kept, 'pending', 'committed', state.reservedMinor) : []),
    ...transferAll(kept, 'available', to, state.action.amountMinor - state.reservedMinor),
    ...transferAll(entered, 'available', to, state.action.amountMinor),
  ];
}

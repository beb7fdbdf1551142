// purchase/end-purchase.ts: the ends of a purchase before money moves: rejected, cancelled, expired.
// Nothing approved is ever stranded: each end releases the reservation and kills the card.
import { withForeignTransfers } from './period-rates.ts';
import { closePurchase } from './reconcile.ts';
import { endCard, releaseTransfers } from './release.ts';
import { hasOpen } from './settle.ts';
import { type ApprovalStatus, type PurchaseState, type Transition, refused } from './state.ts';
import { viewedSeconds } from './sign-approval.ts';
import { type Signer, whoMaySign } from './who-may-sign.ts';

export interface RejectApproval {
  readonly signer: Signer;
  readonly agentOwner: string | null;
  /** Commitment of the reason's text; the text itself is kept apart. */
  readonly reasonCommitment: string;
  /** When they first opened the approval, milliseconds; null: never. */
  readonly viewedAtMs: number | null;
}

/** Whoever may sign any of its steps, now or later, may refuse it as a whole. Clause: AG-642 4.5. */
export function rejectApproval(state: PurchaseState, command: RejectApproval, nowMs: number): Transition {
  const approval = state.approval;
  if (approval?.status !== 'pending' || state.status !== 'held') {
    return refused('approval_not_pending', 'This approval is not pending any more.');
  }
  const { signer, agentOwner } = command;
  const may = whoMaySign(approval, signer, { agentOwner, anyTurn: true });
  if (!may.ok) return may;
  return end(state, 'denied', 'rejected', {
    reason_code: 'approval_rejected',
    approval_id: approval.approvalId,
    step: may.stepIndex,
    rejected_by: signer.principalId,
    ...(may.onBehalfOf === null ? {} : { on_behalf_of: may.onBehalfOf }),
    reason: command.reasonCommitment,
    viewed_seconds: viewedSeconds(command.viewedAtMs, nowMs),
  });
}

export function cancelPurchase(
  state: PurchaseState,
  command: { readonly cancelledBy: string; readonly reasonCommitment: string | null },
): Transition {
  if (!isOpen(state)) {
    return refused(
      'not_cancellable',
      'Only a request that is held, or approved and not yet charged, can be cancelled.',
    );
  }
  return end(state, 'cancelled', 'cancelled', {
    cancelled_by: command.cancelledBy,
    reason: command.reasonCommitment,
  });
}

/**
 * Milliseconds after the end of a card when an authorization on it counts as given up: what it still has set aside is
 * released. A clearing that comes later still posts.
 */
export const AUTHORIZATION_LAPSES_AFTER_MS = 7 * 86_400_000;

/**
 * Ends a request whose approval, card, authorization or leave to pay outside ran out. `externalExpiresAtMs`: for the
 * last.
 */
export function expirePurchase(
  state: PurchaseState,
  nowMs: number,
  externalExpiresAtMs: number | null,
): Transition {
  if (hasLapsed(state, nowMs)) return lapse(state);
  const due =
    (state.status === 'held' && state.approval !== null && nowMs >= state.approval.expiresAtMs) ||
    (state.status === 'approved' && state.card !== null && nowMs >= state.card.expiresAtMs) ||
    (state.status === 'approved' &&
      state.card === null &&
      externalExpiresAtMs !== null &&
      nowMs >= externalExpiresAtMs);
  if (!due || !isOpen(state)) return refused('not_expired', 'This request has not run out.');
  return end(state, 'expired', 'expired', {
    reason_code: state.status === 'held' ? 'approval_expired' : 'card_expired',
  });
}

/** Charged, and never cleared in full; once it has lapsed its card is not `used` any more. */
function hasLapsed(state: PurchaseState, nowMs: number): boolean {
  return (
    state.status === 'approved' &&
    state.card?.status === 'used' &&
    nowMs >= state.card.expiresAtMs + AUTHORIZATION_LAPSES_AFTER_MS &&
    hasOpen(state)
  );
}

function lapse(state: PurchaseState): Transition {
  if (state.card === null) throw new Error('an authorization is on a card');
  const card = { ...state.card, status: 'expired' as const };
  if (state.authorizations.every((authorization) => authorization.capturedMinor === 0n)) {
    return end({ ...state, card, checkoutStatus: 'reversed' }, 'expired', 'expired', {
      reason_code: 'authorization_expired',
    });
  }
  const closed = closePurchase({ ...state, card, reservedMinor: 0n });
  return withForeignTransfers(state, {
    ok: true,
    state: closed.state,
    events: [{ ...closed.event, transfers: releaseTransfers(state) }],
  });
}

/** Held, or approved and not yet charged. */
export function isOpen(state: PurchaseState): boolean {
  if (state.status === 'held') return true;
  return (
    state.status === 'approved' && ['none', 'issuing', 'issued', 'failed'].includes(state.checkoutStatus)
  );
}

function end(
  state: PurchaseState,
  status: 'denied' | 'cancelled' | 'expired',
  approvalStatus: ApprovalStatus,
  detail: Record<string, string | number | null>,
): Transition {
  const approval =
    state.approval?.status === 'pending' ? { ...state.approval, status: approvalStatus } : state.approval;
  return withForeignTransfers(state, {
    ok: true,
    state: {
      ...state,
      status,
      approval,
      reservedMinor: 0n,
      card: endCard(state, status === 'expired' ? 'expired' : 'cancelled'),
    },
    events: [{ type: `purchase.${status}`, transfers: releaseTransfers(state), findings: null, detail }],
  });
}

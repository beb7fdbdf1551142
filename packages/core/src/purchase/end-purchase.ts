// purchase/end-purchase.ts: the ends of a purchase before money moves: rejected, cancelled, expired.
// Nothing approved is ever stranded: each end releases the reservation and kills the card.
import { endCard, releaseTransfers } from './release.ts';
import { type ApprovalStatus, type PurchaseState, type Transition, refused } from './state.ts';
import { type Signer, maySign } from './sign-approval.ts';

export interface RejectApproval {
  readonly signer: Signer;
  readonly agentOwner: string | null;
  /** Commitment of the reason's text; the text itself is kept apart. */
  readonly reasonCommitment: string;
}

export function rejectApproval(state: PurchaseState, command: RejectApproval): Transition {
  const approval = state.approval;
  if (approval?.status !== 'pending' || state.status !== 'held') {
    return refused('approval_not_pending', 'This approval is not pending any more.');
  }
  const refusal = maySign(approval, command.signer, command.agentOwner);
  if (refusal !== null) return refusal;
  return end(state, 'denied', 'rejected', {
    reason_code: 'approval_rejected',
    approval_id: approval.approvalId,
    rejected_by: command.signer.principalId,
    reason: command.reasonCommitment,
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

/** Ends a request whose approval, card or leave to pay outside ran out. `externalExpiresAtMs`: for the last. */
export function expirePurchase(
  state: PurchaseState,
  nowMs: number,
  externalExpiresAtMs: number | null,
): Transition {
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
  detail: Record<string, string | null>,
): Transition {
  const approval =
    state.approval?.status === 'pending' ? { ...state.approval, status: approvalStatus } : state.approval;
  return {
    ok: true,
    state: {
      ...state,
      status,
      approval,
      reservedMinor: 0n,
      card: endCard(state, status === 'expired' ? 'expired' : 'cancelled'),
    },
    events: [{ type: `purchase.${status}`, transfers: releaseTransfers(state), findings: null, detail }],
  };
}

// purchase/authorize-card.ts: the till. The network asks; the charge must fit the lock and the authority must still
// stand. A network cannot wait: a hold declines with `approval_required` and reopens the request.
// Declines about the charge leave request and card alive; declines about authority end both. Clause: AG-642 4.8.
import { decide } from '../decide.ts';
import type { DecisionFacts } from '../decision-facts.ts';
import type { Finding } from '../finding.ts';
import { transferAll } from '../ledger.ts';
import { checkVendor, sameHost } from '../vendor-match.ts';
import { merchantDetail } from './merchant-detail.ts';
import { stepsOf } from './open-purchase.ts';
import { releaseTransfers } from './release.ts';
import {
  type AuthorizationState,
  type Merchant,
  type PurchaseEvent,
  type PurchaseState,
  type Transition,
  refused,
} from './state.ts';

export interface AuthorizeCard {
  readonly authorizationId: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly merchant: Merchant;
  /** Used when a hold at the till reopens a request that never had an approval. */
  readonly approvalId: string;
  readonly termsHash: string;
  readonly approvalValidForMs: number;
}

export type AuthorizationFacts = Omit<DecisionFacts, 'stage' | 'signedSteps'>;

/** Every answer is a transition: a decline is recorded too. Refused only when there is no card at all. */
export function authorizeCard(
  state: PurchaseState,
  command: AuthorizeCard,
  facts: AuthorizationFacts,
  nowMs: number,
): Transition {
  if (state.card === null) return refused('card_not_found', 'This request has no card.');
  const chargeFault = chargeFaultOf(state, command, nowMs);
  if (chargeFault !== null) return declined(state, command, chargeFault, {}, [], null);
  const signedSteps =
    state.approval?.steps.filter((step) => step.signature !== null).map((step) => step.stepKey) ?? [];
  const decision = decide(state.action, { ...facts, stage: 'authorization', signedSteps }, nowMs);
  switch (decision.outcome) {
    case 'denied': {
      const reason = decision.findings.find((finding) => finding.outcome === 'deny')?.reasonCode ?? 'denied';
      const ended = {
        status: 'denied' as const,
        reservedMinor: 0n,
        card: { ...state.card, status: 'cancelled' as const },
      };
      return declined(state, command, reason, ended, releaseTransfers(state), decision.findings);
    }
    case 'held':
      return reopened(state, command, decision.findings, nowMs);
    case 'approved': {
      const authorization = authorizationOf(command, true, 'approved');
      return {
        ok: true,
        state: {
          ...state,
          checkoutStatus: 'charged',
          card: { ...state.card, status: 'used' },
          authorizations: [...state.authorizations, authorization],
        },
        events: [
          {
            type: 'authorization.approved',
            transfers: [],
            findings: decision.findings,
            detail: chargeDetail(command, 'approved'),
          },
        ],
      };
    }
  }
}

function chargeFaultOf(state: PurchaseState, command: AuthorizeCard, nowMs: number): string | null {
  const card = state.card;
  if (card === null) return 'card_not_found';
  if (card.status === 'used') return 'card_already_used';
  if (card.status === 'cancelled') return 'card_cancelled';
  if (card.status === 'expired' || nowMs >= card.expiresAtMs) return 'card_expired';
  if (card.status === 'frozen') return 'card_frozen';
  if (command.currency !== state.action.currency) return 'currency_mismatch';
  // What a partial reversal gave back is nobody's any more: the card is good for what is still set aside.
  if (command.amountMinor > state.reservedMinor) return 'amount_exceeds_card_limit';
  if (!isTheVendor(state, command.merchant)) return 'merchant_mismatch';
  if (state.action.mcc !== null && command.merchant.mcc !== state.action.mcc) return 'mcc_mismatch';
  return null;
}

/** The merchant at the till is the request's vendor: exactly its string, or its host. Similar names never admit. */
export function isTheVendor(state: PurchaseState, merchant: Merchant): boolean {
  const vendor = state.action.counterparty;
  const checked = checkVendor(vendor);
  const isHost = checked.ok && checked.kind === 'host';
  if (isHost && merchant.domain !== null) return sameHost(merchant.domain, vendor);
  return merchant.name === vendor || merchant.merchantId === vendor;
}

function reopened(
  state: PurchaseState,
  command: AuthorizeCard,
  findings: readonly Finding[],
  nowMs: number,
): Transition {
  if (state.card === null) throw new Error('only a request with a card is reopened at the till');
  const steps = stepsOf(findings, state.approval?.steps ?? []);
  const approval = {
    approvalId: state.approval?.approvalId ?? command.approvalId,
    status: 'pending' as const,
    termsHash: command.termsHash,
    steps,
    createdAtMs: state.approval?.createdAtMs ?? nowMs,
    expiresAtMs: nowMs + command.approvalValidForMs,
  };
  const held = {
    status: 'held' as const,
    checkoutStatus: 'none' as const,
    approvedBy: null,
    approval,
    card: { ...state.card, status: 'frozen' as const },
  };
  const transfers = transferAll(state.reservedPeriods, 'committed', 'pending', state.reservedMinor);
  return declined(state, command, 'approval_required', held, transfers, findings);
}

function declined(
  state: PurchaseState,
  command: AuthorizeCard,
  reason: string,
  change: Partial<PurchaseState>,
  transfers: PurchaseEvent['transfers'],
  findings: readonly Finding[] | null,
): Transition {
  const authorization = authorizationOf(command, false, reason);
  const next = { ...state, ...change, authorizations: [...state.authorizations, authorization] };
  return {
    ok: true,
    state: next,
    events: [
      {
        type: 'authorization.declined',
        transfers,
        findings,
        detail: {
          ...chargeDetail(command, reason),
          status: next.status,
          ...(next.status === 'held' && next.approval !== null
            ? { approval_id: next.approval.approvalId, approval_expires_at: next.approval.expiresAtMs }
            : {}),
        },
      },
    ],
  };
}

function authorizationOf(command: AuthorizeCard, approved: boolean, reason: string): AuthorizationState {
  return {
    authorizationId: command.authorizationId,
    approved,
    reason,
    amountMinor: command.amountMinor,
    currency: command.currency,
    merchant: command.merchant,
    forced: false,
    capturedMinor: 0n,
    reversedMinor: 0n,
    refundedMinor: 0n,
    closed: !approved,
  };
}

function chargeDetail(command: AuthorizeCard, reason: string): Record<string, string | null> {
  return {
    authorization_id: command.authorizationId,
    amount_minor: command.amountMinor.toString(),
    currency: command.currency,
    reason,
    ...merchantDetail(command.merchant),
  };
}

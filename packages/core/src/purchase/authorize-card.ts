// purchase/authorize-card.ts: the till. The network asks; the charge must fit the lock and the authority must still
// stand. A network cannot wait: a hold declines with `approval_required` and reopens the request.
// Declines about the charge leave request and card alive; declines about authority end both. Clause: AG-642 4.8.
import { decide } from '../decide.ts';
import type { DecisionFacts } from '../decision-facts.ts';
import type { Finding } from '../finding.ts';
import { checkVendor, sameHost } from '../vendor-match.ts';
import { type ChargedAmount, merchantAmountDetail, merchantAmountOf } from './merchant-amount.ts';
import { merchantDetail } from './merchant-detail.ts';
import { ratesDecidedAgain, withForeignTransfers } from './period-rates.ts';
import { releaseTransfers } from './release.ts';
import { type Reopening, reopen } from './reopen.ts';
import { isComplete } from './who-may-sign.ts';
import {
  type AuthorizationState,
  type DetailValue,
  type Merchant,
  type PurchaseEvent,
  type PurchaseState,
  type Transition,
  refused,
} from './state.ts';

/** A hold at the till reopens the request. */
export interface AuthorizeCard extends Reopening {
  readonly authorizationId: string;
  /** What the network will bill; the merchant's own amount where it does not say. */
  readonly amountMinor: bigint;
  readonly currency: string;
  /** What the merchant asked for, where that is not what is billed. */
  readonly merchantAmount?: ChargedAmount | null;
  readonly merchant: Merchant;
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
  const signedSteps = state.approval?.steps.filter(isComplete).map((step) => step.stepKey) ?? [];
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
      return withForeignTransfers(state, {
        ok: true,
        state: {
          ...state,
          periodRates: ratesDecidedAgain(state, facts),
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
      });
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

/**
 * The merchant at the till is the request's vendor: registered as its supplier, or exactly its string, or its host. What is
 * registered as another is not, whatever it is called. Similar names never admit.
 */
export function isTheVendor(state: PurchaseState, merchant: Merchant): boolean {
  if (merchant.registered !== undefined) return merchant.registered === 'vendor';
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
  const { change, transfers } = reopen(state, findings, command, nowMs);
  return declined(state, command, 'approval_required', change, transfers, findings);
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
  return withForeignTransfers(state, {
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
  });
}

function authorizationOf(command: AuthorizeCard, approved: boolean, reason: string): AuthorizationState {
  return {
    authorizationId: command.authorizationId,
    approved,
    reason,
    amountMinor: command.amountMinor,
    currency: command.currency,
    merchantAmount: merchantAmountOf(command.merchantAmount, command),
    merchant: command.merchant,
    forced: false,
    capturedMinor: 0n,
    reversedMinor: 0n,
    refundedMinor: 0n,
    closed: !approved,
  };
}

function chargeDetail(command: AuthorizeCard, reason: string): Record<string, DetailValue> {
  return {
    authorization_id: command.authorizationId,
    amount_minor: command.amountMinor.toString(),
    currency: command.currency,
    reason,
    ...merchantAmountDetail(merchantAmountOf(command.merchantAmount, command)),
    ...merchantDetail(command.merchant),
  };
}

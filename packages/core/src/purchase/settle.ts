// purchase/settle.ts: clearings, reversals and refunds as the network reports them.
// Money that has really moved is always recorded, even past a limit or after the end of the request: it is posted
// from `available`, flagged as an overrun, never dropped.
import { type Transfer, transferAll } from '../ledger.ts';
import {
  type ChargedAmount,
  type MerchantAmount,
  merchantAmountDetail,
  merchantAmountOf,
} from './merchant-amount.ts';
import { merchantDetail } from './merchant-detail.ts';
import { homePeriods, withForeignTransfers } from './period-rates.ts';
import { closePurchase } from './reconcile.ts';
import {
  type AuthorizationState,
  type Merchant,
  type PurchaseEvent,
  type PurchaseState,
  type Transition,
  refused,
} from './state.ts';

export interface CaptureAuthorization {
  readonly authorizationId: string;
  /** What was billed; null: all that is left. */
  readonly amountMinor: bigint | null;
  /** In which it was billed; left out: in that of the authorization. */
  readonly currency?: string;
  /** What the merchant cleared, where that is not what was billed. */
  readonly merchantAmount?: ChargedAmount | null;
  /** true: nothing more follows, the rest of the reservation is given back. */
  readonly closeAuthorization: boolean;
}

/**
 * A clearing of an approved authorization, in part, in full or above it. What was really billed is what is posted, however
 * the exchange rate moved since the authorization. Billed in another currency than the card's it is refused.
 */
export function captureAuthorization(state: PurchaseState, command: CaptureAuthorization): Transition {
  const authorization = find(state, command.authorizationId);
  if (authorization === null) return refused('authorization_not_found', 'There is no such authorization.');
  if (!authorization.approved)
    return refused('authorization_declined', 'A declined authorization cannot be captured.');
  if (authorization.closed)
    return refused('authorization_closed', 'Nothing more can be captured on this authorization.');
  const { currency } = authorization;
  if (command.currency !== undefined && command.currency !== currency)
    return refused('currency_mismatch', `This card is billed in ${currency}.`);
  const amountMinor = command.amountMinor ?? openMinor(authorization);
  if (amountMinor <= 0n)
    return refused('nothing_to_capture', 'There is nothing left to capture on this authorization.');
  const captured = {
    ...authorization,
    capturedMinor: authorization.capturedMinor + amountMinor,
    closed: command.closeAuthorization,
  };
  const merchantAmount = merchantAmountOf(command.merchantAmount, { amountMinor, currency });
  return posted(state, replace(state, captured), captured, {
    amountMinor,
    merchantAmount,
    closing: command.closeAuthorization,
  });
}

export interface ForcePost {
  readonly authorizationId: string;
  /** What was billed. */
  readonly amountMinor: bigint;
  readonly currency: string;
  /** What the merchant cleared, where that is not what was billed. */
  readonly merchantAmount?: ChargedAmount | null;
  readonly merchant: Merchant;
}

/** A clearing that had no authorization. `currency` other than the request's cannot be posted and is refused. */
export function forcePost(state: PurchaseState, command: ForcePost): Transition {
  if (state.card === null) return refused('card_not_found', 'This request has no card.');
  if (command.currency !== state.action.currency) {
    return refused('currency_mismatch', `This card is billed in ${state.action.currency}.`);
  }
  const { amountMinor } = command;
  const merchantAmount = merchantAmountOf(command.merchantAmount, command);
  const authorization: AuthorizationState = {
    authorizationId: command.authorizationId,
    approved: true,
    reason: 'forced_post',
    amountMinor,
    currency: command.currency,
    merchantAmount,
    merchant: command.merchant,
    forced: true,
    capturedMinor: amountMinor,
    reversedMinor: 0n,
    refundedMinor: 0n,
    closed: true,
  };
  return posted(state, [...state.authorizations, authorization], authorization, {
    amountMinor,
    merchantAmount,
    closing: true,
  });
}

/** Takes an approved authorization back before it is captured; in full, it restores the card. */
export function reverseAuthorization(
  state: PurchaseState,
  command: { readonly authorizationId: string; readonly amountMinor: bigint | null },
  nowMs: number,
): Transition {
  const authorization = find(state, command.authorizationId);
  if (authorization === null) return refused('authorization_not_found', 'There is no such authorization.');
  const open = openMinor(authorization);
  if (!authorization.approved || authorization.closed || open <= 0n) {
    return refused('nothing_to_reverse', 'There is nothing left to reverse on this authorization.');
  }
  const amountMinor = command.amountMinor ?? open;
  if (amountMinor > open) {
    return refused('reversal_above_authorization', 'More cannot be reversed than is still open.');
  }
  const full = amountMinor === open;
  const reversed = {
    ...authorization,
    reversedMinor: authorization.reversedMinor + amountMinor,
    closed: full,
  };
  const next: PurchaseState = { ...state, authorizations: replace(state, reversed) };
  const captured = next.authorizations.some((each) => each.capturedMinor > 0n);
  // A card that is not `used` any more has come to its end another way: nothing brings it back.
  const last = full && state.status === 'approved' && state.card?.status === 'used' && !hasOpen(next);
  const detail = {
    authorization_id: command.authorizationId,
    amount_minor: amountMinor.toString(),
    full,
  };
  const reversal = (releasedMinor: bigint): PurchaseEvent => ({
    type: 'authorization.reversed',
    transfers: transferAll(homePeriods(state), 'committed', 'available', releasedMinor),
    findings: null,
    detail,
  });
  if (last && captured) {
    const { state: closed, event } = closePurchase({ ...next, reservedMinor: 0n, card: deadCard(state) });
    return withForeignTransfers(state, {
      ok: true,
      state: closed,
      events: [reversal(state.reservedMinor), event],
    });
  }
  if (last) {
    const alive = nowMs < state.card.expiresAtMs;
    return withForeignTransfers(state, {
      ok: true,
      state: {
        ...next,
        checkoutStatus: alive ? 'issued' : 'reversed',
        card: { ...state.card, status: alive ? 'active' : 'expired' },
        reservedMinor: alive ? state.reservedMinor : 0n,
      },
      events: [reversal(alive ? 0n : state.reservedMinor)],
    });
  }
  const releasedMinor = amountMinor < state.reservedMinor ? amountMinor : state.reservedMinor;
  return withForeignTransfers(state, {
    ok: true,
    state: { ...next, reservedMinor: state.reservedMinor - releasedMinor },
    events: [reversal(releasedMinor)],
  });
}

export interface RefundAuthorization {
  readonly authorizationId: string;
  /** null: all that was captured and has not come back. */
  readonly amountMinor: bigint | null;
  /** Period that is credited, for each period the purchase was posted to: itself while open, else the current one. */
  readonly creditPeriods: readonly bigint[];
}

/** Money comes back after settlement. More than was captured is recorded and flagged: it has really moved. */
export function refundAuthorization(state: PurchaseState, command: RefundAuthorization): Transition {
  const authorization = find(state, command.authorizationId);
  if (authorization === null) return refused('authorization_not_found', 'There is no such authorization.');
  if (authorization.capturedMinor === 0n)
    return refused('nothing_to_refund', 'Nothing was captured on this authorization.');
  const amountMinor = command.amountMinor ?? authorization.capturedMinor - authorization.refundedMinor;
  if (amountMinor <= 0n)
    return refused('nothing_to_refund', 'All that was captured on this authorization has come back.');
  const refunded = { ...authorization, refundedMinor: authorization.refundedMinor + amountMinor };
  const creditOf = (periodId: bigint): bigint =>
    command.creditPeriods[state.reservedPeriods.indexOf(periodId)] ?? periodId;
  const refund: Transition = {
    ok: true,
    state: {
      ...state,
      settledMinor: state.settledMinor - amountMinor,
      authorizations: replace(state, refunded),
    },
    events: [
      {
        type: 'refund.posted',
        transfers: transferAll(homePeriods(state).map(creditOf), 'spent', 'available', amountMinor),
        findings: null,
        detail: {
          authorization_id: command.authorizationId,
          amount_minor: amountMinor.toString(),
          refunded_minor: refunded.refundedMinor.toString(),
          flags: refunded.refundedMinor > refunded.capturedMinor ? ['refund_above_capture'] : [],
          credited_another_period: command.creditPeriods.some((id) => !state.reservedPeriods.includes(id)),
        },
      },
    ],
  };
  return withForeignTransfers(state, refund, creditOf);
}

interface Clearing {
  readonly amountMinor: bigint;
  readonly merchantAmount: MerchantAmount | null;
  readonly closing: boolean;
}

function posted(
  state: PurchaseState,
  authorizations: readonly AuthorizationState[],
  authorization: AuthorizationState,
  { amountMinor, merchantAmount, closing }: Clearing,
): Transition {
  // A clearing without an authorization leaves what an open one still has to take, until that has lapsed.
  const final = closing && !(state.card?.status === 'used' && hasOpen({ authorizations }));
  const held = state.status === 'held';
  const reserved = state.reservedMinor;
  const fromReservation = amountMinor < reserved ? amountMinor : reserved;
  const beyond = amountMinor - fromReservation;
  const remainder = final ? reserved - fromReservation : 0n;
  const account = held ? 'pending' : 'committed';
  const periodIds = homePeriods(state);
  const transfers: Transfer[] = [
    ...transferAll(periodIds, account, 'spent', fromReservation),
    ...transferAll(periodIds, 'available', 'spent', beyond),
    ...transferAll(periodIds, account, 'available', remainder),
  ];
  const next: PurchaseState = {
    ...state,
    authorizations,
    checkoutStatus: 'settled',
    reservedMinor: reserved - fromReservation - remainder,
    settledMinor: state.settledMinor + amountMinor,
    card: final ? deadCard(state) : state.card,
    // Charged by force while a human was asked: a signature afterwards would let it be charged once more.
    ...(held ? { status: 'denied', approval: cancelledApproval(state) } : {}),
  };
  const flags = clearingFlags(authorization, amountMinor, merchantAmount);
  const settlement: PurchaseEvent = {
    type: 'settlement.posted',
    transfers,
    findings: null,
    detail: {
      authorization_id: authorization.authorizationId,
      amount_minor: amountMinor.toString(),
      beyond_reservation_minor: beyond.toString(),
      returned_minor: remainder.toString(),
      ...merchantAmountDetail(merchantAmount),
      ...(flags.length === 0 ? {} : { flags }),
      forced: authorization.forced,
      ...(authorization.forced ? merchantDetail(authorization.merchant) : {}),
      final,
      ...(held ? { ended_hold: true } : {}),
    },
  };
  if (!final) return withForeignTransfers(state, { ok: true, state: next, events: [settlement] });
  const closed = closePurchase(next);
  return withForeignTransfers(state, { ok: true, state: closed.state, events: [settlement, closed.event] });
}

export type ClearingFlag = 'above_authorization' | 'exchange_difference';

/** How a clearing differs from what was authorized. `authorization`: as it stands after the clearing. */
function clearingFlags(
  authorization: AuthorizationState,
  amountMinor: bigint,
  cleared: MerchantAmount | null,
): readonly ClearingFlag[] {
  if (authorization.forced) return [];
  const flags: ClearingFlag[] = [];
  if (openMinor(authorization) < 0n) flags.push('above_authorization');
  const asked = authorization.merchantAmount;
  // Only the merchant's own amounts tell a changed rate from a part, and less than a minor unit is rounding.
  if (asked !== null && cleared !== null && asked.currency === cleared.currency) {
    const scaledDifference =
      amountMinor * asked.amountMinor - authorization.amountMinor * cleared.amountMinor;
    const magnitude = scaledDifference < 0n ? -scaledDifference : scaledDifference;
    if (magnitude >= asked.amountMinor) flags.push('exchange_difference');
  }
  return flags;
}

/** Whether something may still be captured on an authorization. */
export function hasOpen({ authorizations }: Pick<PurchaseState, 'authorizations'>): boolean {
  return authorizations.some((authorization) => authorization.approved && !authorization.closed);
}

/** Neither captured nor taken back; below zero where more was captured than authorized. */
function openMinor({ amountMinor, reversedMinor, capturedMinor }: AuthorizationState): bigint {
  return amountMinor - reversedMinor - capturedMinor;
}

function deadCard({ card }: PurchaseState): PurchaseState['card'] {
  return card === null || card.status === 'cancelled' ? card : { ...card, status: 'expired' };
}

function cancelledApproval({ approval }: PurchaseState): PurchaseState['approval'] {
  return approval === null ? null : { ...approval, status: 'cancelled' };
}

function find(state: PurchaseState, authorizationId: string): AuthorizationState | null {
  return (
    state.authorizations.find((authorization) => authorization.authorizationId === authorizationId) ?? null
  );
}

function replace(state: PurchaseState, changed: AuthorizationState): readonly AuthorizationState[] {
  return state.authorizations.map((authorization) =>
    authorization.authorizationId === changed.authorizationId ? changed : authorization,
  );
}

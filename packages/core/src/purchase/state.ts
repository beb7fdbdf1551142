// purchase/state.ts: the state of one purchase, and the form of every change of it.
// A transition is a pure function (state, command, facts, now) -> new state, transfers and events, or a refusal.
import type { Action } from '../action.ts';
import type { Finding } from '../finding.ts';
import type { Transfer } from '../ledger.ts';
import type { MerchantAmount } from './merchant-amount.ts';
import type { PeriodRates } from './period-rates.ts';

export type PurchaseStatus = 'approved' | 'held' | 'denied' | 'cancelled' | 'expired';
export type CheckoutStatus =
  'none' | 'issuing' | 'issued' | 'charged' | 'settled' | 'reconciled' | 'failed' | 'reversed' | 'disputed';
export type CardStatus = 'active' | 'frozen' | 'used' | 'cancelled' | 'expired';
export type ApprovalStatus = 'pending' | 'approved' | 'rejected' | 'expired' | 'cancelled';

export interface ApprovalStep {
  /** See stepKey in decide.ts. */
  readonly stepKey: string;
  readonly control: string;
  readonly policyId: string | null;
  readonly ruleId: string | null;
  readonly reasonCode: string;
  readonly message: string;
  readonly limit: string | null;
  /** Who may sign; null: any active approver. */
  readonly approvers: readonly string[] | null;
  /** Name of the tier that signs; null: no tier. */
  readonly tier: string | null;
  /** How many must sign it. */
  readonly quorum: number;
  /** Steps of one order are signed in any order; all of a lower one come first. */
  readonly order: number;
  /** See StepRouting in finding.ts. */
  readonly remindAfterMs: number | null;
  readonly escalateAfterMs: number | null;
  readonly escalateTo: readonly string[];
  readonly addedAtMs: number;
  readonly reminders: number;
  readonly remindedAtMs: number | null;
  /** Since then `escalateTo` may sign too. */
  readonly escalatedAtMs: number | null;
  /** In the order they came; never two of one person. */
  readonly signatures: readonly Signature[];
}

export interface Signature {
  readonly principalId: string;
  /** The principal whose authority was used, by delegation; null: the signer's own. */
  readonly onBehalfOf: string | null;
  readonly authorizationReference: string;
  readonly comment: string | null;
  readonly signedAtMs: number;
  /** Seconds from the signer's first look at the approval; null: never opened. */
  readonly viewedSeconds: number | null;
}

export interface ApprovalState {
  readonly approvalId: string;
  readonly status: ApprovalStatus;
  /** SHA-256 of the terms, hex: what a signature binds to. */
  readonly termsHash: string;
  readonly steps: readonly ApprovalStep[];
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

export interface CardState {
  readonly cardId: string;
  readonly rail: string;
  /** The rail adapter that issued it. */
  readonly provider: string;
  readonly status: CardStatus;
  readonly last4: string;
  readonly expiresAtMs: number;
}

export interface Merchant {
  readonly name: string | null;
  readonly domain: string | null;
  readonly merchantId: string | null;
  readonly mcc: string | null;
  readonly country: string | null;
  /** What the registry of suppliers says of it: the purchase's own supplier, or another. Left out: it does not know. */
  readonly registered?: 'vendor' | 'another';
}

export interface AuthorizationState {
  readonly authorizationId: string;
  readonly approved: boolean;
  /** `approved`, or the decline's reason code. */
  readonly reason: string;
  /** What is billed: captures, reversals and refunds are in the same currency. */
  readonly amountMinor: bigint;
  readonly currency: string;
  /** What the merchant asked for; null: the same. */
  readonly merchantAmount: MerchantAmount | null;
  readonly merchant: Merchant;
  /** A clearing that had no authorization. */
  readonly forced: boolean;
  readonly capturedMinor: bigint;
  readonly reversedMinor: bigint;
  readonly refundedMinor: bigint;
  /** Nothing more can be captured on it. */
  readonly closed: boolean;
}

export interface PurchaseState {
  readonly requestId: string;
  readonly action: Action;
  readonly status: PurchaseStatus;
  readonly checkoutStatus: CheckoutStatus;
  /** Budget periods that carry its reservation or its posting; kept after release, for late clearings. */
  readonly reservedPeriods: readonly bigint[];
  /** Still set aside in each of them: `pending` while held, `committed` when approved. */
  readonly reservedMinor: bigint;
  /** Of those periods that are in another currency than the purchase: the rate of the decision that reserved there. */
  readonly periodRates: PeriodRates;
  /** Posted in each of them, net of refunds. */
  readonly settledMinor: bigint;
  /** `policy`, or the last signer's id. */
  readonly approvedBy: string | null;
  readonly approval: ApprovalState | null;
  readonly card: CardState | null;
  readonly authorizations: readonly AuthorizationState[];
}

/** One state change: exactly one log entry, with the transfers it made. */
export interface PurchaseEvent {
  readonly type: PurchaseEventType;
  readonly transfers: readonly Transfer[];
  /** The findings of the decision that led to it, where one was made. */
  readonly findings: readonly Finding[] | null;
  /** What else the record must say; plain data, no free text. */
  readonly detail: Readonly<Record<string, DetailValue>>;
}

export type DetailValue =
  string | number | boolean | null | readonly DetailValue[] | { readonly [key: string]: DetailValue };

export type PurchaseEventType =
  | 'purchase.approved'
  | 'purchase.held'
  | 'purchase.denied'
  | 'purchase.cancelled'
  | 'purchase.expired'
  | 'approval.signed'
  | 'approval.reminded'
  | 'approval.escalated'
  | 'card.issued'
  | 'card.revealed'
  | 'authorization.approved'
  | 'authorization.declined'
  | 'authorization.reversed'
  | 'settlement.posted'
  | 'refund.posted'
  | 'purchase.completed'
  | 'purchase.mismatched'
  | 'receipt.attached';

export type Transition =
  | { readonly ok: true; readonly state: PurchaseState; readonly events: readonly PurchaseEvent[] }
  | { readonly ok: false; readonly code: string; readonly message: string };

export function refused(code: string, message: string): Transition {
  return { ok: false, code, message };
}

/** How the rail of a purchase pays: decided by the gateway's adapters, not by the agent. */
export type Checkout =
  | {
      /** The instrument exists as soon as the purchase is approved. */
      readonly method: 'card';
      readonly provider: string;
      readonly cardId: string;
      readonly last4: string;
      /** Milliseconds from approval to the end of an unused card. */
      readonly validForMs: number;
    }
  | { readonly method: 'external' };

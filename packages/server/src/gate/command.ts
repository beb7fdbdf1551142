// gate/command.ts: what may be asked of the gate, and what it answers. Already parsed: amounts are minor units,
// currencies and countries are known codes. Wire types never come this far.
import type {
  ActionType,
  ChargedAmount,
  CurrencyCode,
  Finding,
  Merchant,
  PurchaseState,
  SourcingClaims,
} from '@countersign/core';

import type { Caller } from '../record/caller.ts';
import type { Json, SealedEntry } from '../record/recorder.ts';

/** What an agent asks to buy. Facts that the registry supplies (team, entity, defaults) are added by the gate. */
export interface PurchaseInput {
  readonly agentId: string;
  readonly policyId: string | null;
  readonly vendor: string;
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  readonly category: string | null;
  readonly costCenter: string | null;
  readonly project: string | null;
  readonly rail: string | null;
  readonly merchant: {
    readonly domain: string | null;
    readonly mcc: string | null;
    readonly country: string | null;
  };
  readonly commitmentType: string;
  /** What it cites and says of its value for sourcing rules; null: nothing. */
  readonly sourcing: SourcingClaims | null;
  /** A request this one takes the place of; it must be the same agent's. */
  readonly replaces: string | null;
  /** Seconds a hold waits for its signatures; null: the gateway's default. */
  readonly expiresInSeconds: number | null;
  /** Free text and free-form data: kept apart from the log, which holds a salted commitment to it. */
  readonly privateText: PrivateText;
}

export interface PrivateText {
  readonly intent: string;
  readonly metadata: Readonly<Record<string, Json>>;
  readonly amount_details?: Json;
  readonly line_items?: Json;
  readonly estimated_contract_value?: Json;
}

/** An action that is not a purchase, for the policy alone. */
export interface CheckInput {
  readonly agentId: string;
  readonly policyId: string;
  readonly actionType: ActionType;
  readonly counterparty: string;
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  readonly rail: string | null;
  readonly category: string | null;
  readonly country: string | null;
  readonly mcc: string | null;
  readonly merchantDomain: string | null;
  readonly daysSincePurchase: number | null;
  readonly discountBasisPoints: number | null;
  readonly dealAmountMinor: bigint | null;
}

export interface Idempotency {
  readonly key: string;
  /** SHA-256 of the canonical body. */
  readonly bodyHash: Buffer;
}

export type GateCommand =
  | { readonly kind: 'request'; readonly input: PurchaseInput; readonly idempotency: Idempotency | null }
  | { readonly kind: 'check'; readonly input: CheckInput; readonly idempotency: Idempotency | null }
  | { readonly kind: 'expire'; readonly requestId: string }
  | { readonly kind: 'revalidate'; readonly requestId: string }
  | { readonly kind: 'reveal'; readonly cardId: string }
  /** A reminder or an escalation, if one is due. */
  | { readonly kind: 'nudge'; readonly requestId: string }
  | (KeyedStep & {
      /** A step that was refused does not keep its key; left out: a retry is another step. */
      readonly idempotency?: Idempotency | null;
    });

/** Steps that a retry must not repeat. */
type KeyedStep =
  | {
      readonly kind: 'sign';
      readonly approvalId: string;
      /** The step that is meant; left out: one that is open to the signer. */
      readonly step?: number | null;
      /** On whose behalf; left out: the signer's own authority where it suffices. */
      readonly onBehalfOf?: string | null;
      readonly authorizationReference: string;
      readonly comment: string | null;
    }
  | { readonly kind: 'reject'; readonly approvalId: string; readonly reason: string }
  | { readonly kind: 'cancel'; readonly requestId: string; readonly reason: string | null }
  | {
      readonly kind: 'authorize';
      readonly cardId: string;
      /** What will be billed; the merchant's own amount where the network does not say. */
      readonly amountMinor: bigint;
      readonly currency: CurrencyCode;
      /** What the merchant asked for, where that is not what is billed. */
      readonly merchantAmount?: ChargedAmount | null;
      readonly merchant: Merchant;
    }
  | {
      readonly kind: 'capture';
      readonly authorizationId: string;
      /** What was billed; null: all that is left. */
      readonly amountMinor: bigint | null;
      /** Left out: that of the authorization. */
      readonly currency?: CurrencyCode;
      readonly merchantAmount?: ChargedAmount | null;
      readonly closeAuthorization: boolean;
    }
  | { readonly kind: 'reverse'; readonly authorizationId: string; readonly amountMinor: bigint | null }
  | { readonly kind: 'refund'; readonly authorizationId: string; readonly amountMinor: bigint | null }
  | {
      readonly kind: 'force_post';
      readonly cardId: string;
      readonly amountMinor: bigint;
      readonly currency: CurrencyCode;
      readonly merchantAmount?: ChargedAmount | null;
      readonly merchant: Merchant;
    }
  | {
      readonly kind: 'receipt';
      readonly requestId: string;
      readonly vendor: string;
      readonly amountMinor: bigint;
      readonly currency: CurrencyCode;
      readonly sha256: string | null;
    };

export interface GateRequest {
  readonly command: GateCommand;
  readonly caller: Caller;
  /** When it is to be decided, for replays of real data; the gate's clock otherwise. Milliseconds. */
  readonly atMs?: number;
}

/**
 * A command that changed something, or whose answer is a replay. `entry` is the first log entry it wrote (for a
 * replay: the one written then); everything an answer says of a decision stands in its body.
 */
export type GateAnswer =
  | {
      readonly ok: true;
      readonly entry: RecordedEntry;
      readonly replayed: boolean;
      /** State after the command, null for checks and replays. */
      readonly purchase: PurchaseState | null;
      readonly privateText: (PrivateText & { readonly salt: string }) | null;
      /** The authorization, receipt or check this command created. */
      readonly createdId: string | null;
      readonly findings: readonly Finding[] | null;
    }
  | {
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      /** Seconds after which it makes sense to try again. */
      readonly retryAfterSeconds?: number;
    };

export type RecordedEntry = Pick<SealedEntry, 'entryId' | 'type' | 'subjectId' | 'body' | 'promise'>;

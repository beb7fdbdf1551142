// action.ts: what an agent wants to do, with every fact a control may read and where each came from.
// A fact that nobody supplied is null: a control decides what missing evidence means, never this type.

import type { CurrencyCode } from './currency.ts';
import type { SourcingClaims } from './sourcing/sourcing-facts.ts';

export type ActionType = 'spend' | 'refund' | 'credit' | 'discount';

/** Who supplied a fact (SEMANTICS: every fact on a decision records its source). */
export type FactSource = 'agent' | 'operator' | 'registry' | 'network';

/** Where on its path an action is being decided. */
export type Stage = 'request' | 'execution' | 'authorization';

export interface Action {
  /** A purchase goes through the whole gate; a check asks the policy alone. */
  readonly subject: 'purchase' | 'check';
  readonly type: ActionType;
  readonly agentId: string;
  readonly team: string | null;
  readonly entityId: string;
  readonly policyId: string | null;
  /** The vendor of a purchase or the counterparty of a check, exactly as given. */
  readonly counterparty: string;
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  readonly category: string | null;
  readonly costCenter: string | null;
  readonly project: string | null;
  /** Lower case; a purchase without a rail is `card`. */
  readonly rail: string | null;
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country: string | null;
  /** Four digits (ISO 18245). */
  readonly mcc: string | null;
  readonly merchantDomain: string | null;
  /** Whole days since the original purchase, for refunds and expense claims. */
  readonly daysSincePurchase: number | null;
  /** Discount depth in hundredths of a percent (20 % is 2000). */
  readonly discountBasisPoints: number | null;
  /** Value of the deal a discount is given on, in the action's currency. */
  readonly dealAmountMinor: bigint | null;
  /** What the request cites and says of its value; null: nothing, or a check. */
  readonly sourcing: SourcingClaims | null;
  /** Fact name -> source, for the facts that were given. */
  readonly sources: Readonly<Record<string, FactSource>>;
}

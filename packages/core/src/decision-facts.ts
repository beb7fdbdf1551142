// decision-facts.ts: everything a decision is made from, and the form of a control over a whole purchase. Data only.
import type { Action, Stage } from './action.ts';
import type { AuthorityFacts } from './authority/authority-facts.ts';
import type { AllocationFacts } from './budget/allocation-facts.ts';
import type { ExchangeFacts } from './exchange/convert.ts';
import type { DecisionOutcome, Finding } from './finding.ts';
import type { CompiledPolicy } from './policy/rule.ts';
import type { RelatedFacts } from './related/related-facts.ts';
import type { SourcingFacts } from './sourcing/sourcing-facts.ts';
import type { SupplierFacts, SupplierReview } from './suppliers/supplier-facts.ts';
import type { VelocityReviewFact } from './velocity/review-facts.ts';

export interface AgentFacts {
  readonly agentId: string;
  readonly status: 'active' | 'suspended';
  readonly bindings: AgentBindings;
}

export interface AgentBindings {
  readonly policies?: readonly string[];
  readonly costCenters?: readonly string[];
  readonly projects?: readonly string[];
  readonly defaultPolicy?: string;
  readonly defaultCostCenter?: string;
  readonly defaultProject?: string;
}

/** The balance of one applicable budget period, this request's own reservation included. */
export interface BudgetFacts {
  readonly budgetId: string;
  readonly periodId: bigint;
  readonly currency: string;
  readonly limitMinor: bigint;
  readonly pendingMinor: bigint;
  readonly committedMinor: bigint;
  readonly spentMinor: bigint;
  /** What this very request already has set aside in it: excluded when it is decided again. */
  readonly ownMinor: bigint;
  /** A per-agent cap of a policy rule: it limits, but it is no budget that covers a purchase. */
  readonly cap: { readonly policyId: string; readonly ruleId: string } | null;
}

export interface DecisionFacts {
  readonly stage: Stage;
  readonly agent: AgentFacts;
  readonly policies: readonly CompiledPolicy[];
  readonly budgets: readonly BudgetFacts[];
  readonly duplicateAtMs: number | null;
  /** ISO 3166-1 alpha-2 of the buying entity: whose thresholds and authority apply; null: not known. */
  readonly jurisdiction: string | null;
  /** null: no matrix is published, so the agent is bound by policy and budget alone. */
  readonly authority: AuthorityFacts | null;
  readonly related: RelatedFacts;
  readonly exchange: ExchangeFacts;
  /** Whom identifiers say the counterparty is; null: nobody who is registered. */
  readonly supplier: SupplierFacts | null;
  /** Whom its name resembles, of those nothing may be bought from; null: nobody. */
  readonly supplierReview: SupplierReview | null;
  /** Of the agent, its team or the supplier, at the request; absent: none of them is under review. */
  readonly velocityReviews?: readonly VelocityReviewFact[];
  /** Given only where a sourcing policy binds the purchase, or it cites a tender, a framework agreement or a waiver. */
  readonly sourcing?: SourcingFacts;
  /** Step keys (see stepKey) that a human has signed: those holds are satisfied. */
  readonly signedSteps: readonly string[];
  /** Of the budgets whose allocation is kept in another system; given only where there are any. */
  readonly allocations?: readonly AllocationFacts[];
  /** Requests of the agent that wait for a human, counted under its lock; given only where they are as many as may. */
  readonly pendingApprovals?: { readonly count: number; readonly limit: number };
}

export interface Decision {
  readonly outcome: DecisionOutcome;
  readonly findings: readonly Finding[];
}

/** One control over the whole purchase, as against one rule of a policy. */
export interface PurchaseControl {
  readonly name: string;
  readonly stages: readonly Stage[];
  readonly clause: string | null;
  evaluate(action: Action, facts: DecisionFacts, nowMs: number): readonly Finding[];
}

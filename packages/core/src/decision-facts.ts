// decision-facts.ts: everything a decision is made from, and the form of a control over a whole purchase. Data only.
import type { Action, Stage } from './action.ts';
import type { DecisionOutcome, Finding } from './finding.ts';
import type { CompiledPolicy } from './policy/rule.ts';

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
  /** Step keys (see stepKey) that a human has signed: those holds are satisfied. */
  readonly signedSteps: readonly string[];
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
  evaluate(action: Action, facts: DecisionFacts): readonly Finding[];
}

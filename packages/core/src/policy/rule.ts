// policy/rule.ts: the form of a policy and its rules, and what every rule control must provide.
// Parsing happens once, at publication; the gate evaluates compiled rules only.
import type { Action, ActionType, Stage } from '../action.ts';
import type { ExchangeFacts } from '../exchange/convert.ts';
import type { Finding, StepRouting } from '../finding.ts';
import type { Threshold } from '../related/aggregate-for.ts';
import type { RelatedFacts } from '../related/related-facts.ts';

export type OnViolation = 'deny' | 'hold';
export type OnMissing = 'deny' | 'hold' | 'ignore';

/** A fault in a policy document, with a JSON pointer to the wrong field. */
export interface RuleFault {
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
}

/** State a rule may read besides the action itself. */
export interface RuleFacts {
  readonly stage: Stage;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** When the same action was last accepted, other than this one; null: never. */
  readonly duplicateAtMs: number | null;
  readonly related: RelatedFacts;
  readonly exchange: ExchangeFacts;
}

export interface CompiledRule {
  readonly ruleId: string;
  readonly ruleType: string;
  readonly description: string | null;
  readonly onViolation: OnViolation;
  readonly onMissing: OnMissing;
  /** Stages at which the rule runs; at others it is not evaluated. */
  readonly stages: readonly Stage[];
  readonly clause: string | null;
  /** Minutes the rule looks back for a duplicate; null for all other rules. */
  readonly duplicateWindowMinutes: number | null;
  /** A per-agent cap is kept by the ledger; null for all other rules. */
  readonly agentCap: AgentCap | null;
  /** The amount above which the sum of related purchases matters; null: none for this action. Left out: never. */
  readonly watchedThreshold?: (action: Action) => Threshold | null;
  /** null: the rule does not concern this action (another action type). */
  evaluate(action: Action, facts: RuleFacts): RuleVerdict | null;
}

export interface AgentCap {
  readonly limitMinor: bigint;
  readonly currency: string;
  readonly period: 'day' | 'week' | 'month' | 'quarter' | 'year' | 'lifetime';
  readonly timeZone: string;
}

/** What a rule saw, before `on_violation` and `on_missing` turn it into a finding. */
export type RuleVerdict =
  | { readonly kind: 'pass'; readonly observed: string | null; readonly limit: string | null }
  | {
      readonly kind: 'violation';
      readonly reasonCode: string;
      readonly message: string;
      readonly observed: string | null;
      readonly limit: string | null;
      readonly nextStep: string;
    }
  | {
      /** Always a hold, whatever `on_violation` says: escalate_if. */
      readonly kind: 'escalate';
      readonly reasonCode: string;
      readonly message: string;
      readonly observed: string | null;
      readonly limit: string | null;
      readonly nextStep: string;
      readonly approvers: readonly string[] | null;
      /** Left out: one signature, in the order of the rules. */
      readonly routing?: StepRouting;
      /** Purchases without which it would have been below. */
      readonly relatedRequestIds?: readonly string[];
    }
  | {
      /** The evidence the rule needs is not there. `evidence` names the request's field. */
      readonly kind: 'missing';
      readonly evidence: string;
      /** Left out: `evidence_missing`. */
      readonly reasonCode?: string;
      readonly message: string;
    };

export type ParameterResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly faults: readonly RuleFault[] };

/** One rule type: one file in controls/. */
export interface RuleControl {
  readonly ruleType: string;
  readonly stages: readonly Stage[];
  readonly clause: string | null;
  /**
   * Checks `parameters` and returns what is specific to this rule.
   * `pointer` is the JSON pointer of `parameters` in the document, for faults.
   */
  compile(
    parameters: Readonly<Record<string, unknown>>,
    pointer: string,
  ): ParameterResult<{
    evaluate: CompiledRule['evaluate'];
    duplicateWindowMinutes?: number;
    watchedThreshold?: (action: Action) => Threshold | null;
    agentCap?: AgentCap;
  }>;
}

export interface AppliesTo {
  readonly agents: readonly string[];
  readonly teams: readonly string[];
  readonly organisation: boolean;
}

export interface CompiledPolicy {
  readonly policyId: string;
  readonly version: number;
  readonly name: string;
  readonly appliesTo: AppliesTo;
  readonly rules: readonly CompiledRule[];
}

export type { ActionType, Finding };

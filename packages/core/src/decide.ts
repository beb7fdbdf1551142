// decide.ts: the decision. Pure and deterministic: same facts, same action, same time, same answer.
// All controls run, so the agent sees every violation at once. deny > hold > approve.
// A control that throws is missing evidence: it denies.
import type { Action } from './action.ts';
import { agentBindings } from './controls/agent-bindings.ts';
import { agentStatus } from './controls/agent-status.ts';
import { authorityLimit } from './controls/authority-limit.ts';
import { budgetAllocation } from './controls/budget-allocation.ts';
import { budgetRoom } from './controls/budget-room.ts';
import { categorySourcing } from './controls/category-sourcing.ts';
import { frameworkCallOff } from './controls/framework-call-off.ts';
import { tooManyPending } from './controls/pending-approvals.ts';
import { policyRequired } from './controls/policy-required.ts';
import { preferredSupplier } from './controls/preferred-supplier.ts';
import { prohibitedSupplier } from './controls/prohibited-supplier.ts';
import { sourcingGeography } from './controls/sourcing-geography.ts';
import { supplierStanding } from './controls/supplier-standing.ts';
import { SPLIT_ORDER, SPLIT_ORDER_CLAUSE, splitOrder } from './controls/split-order.ts';
import { tenderThreshold } from './controls/tender-threshold.ts';
import { vendorIdentity } from './controls/vendor-identity.ts';
import { velocityReview } from './controls/velocity-review.ts';
import type { Decision, DecisionFacts, PurchaseControl } from './decision-facts.ts';
import { type Finding, outcomeOf } from './finding.ts';
import type { CompiledPolicy } from './policy/rule.ts';
import { evaluateRule } from './policy/evaluate-rule.ts';
import { RULE_TYPES } from './policy/rule-types.ts';

/** Raised whenever the same facts could give another answer than before; stored with every decision. */
export const CORE_VERSION = '1';

const PURCHASE_CONTROLS: readonly PurchaseControl[] = [
  agentStatus,
  agentBindings,
  policyRequired,
  vendorIdentity,
  supplierStanding,
  budgetAllocation,
  budgetRoom,
  prohibitedSupplier,
  preferredSupplier,
  sourcingGeography,
  categorySourcing,
  frameworkCallOff,
  tenderThreshold,
  authorityLimit,
  velocityReview,
];
/** An action that is not a purchase has no budget to bind it: its agent's standing and the policy are all. */
const CHECK_CONTROLS: readonly PurchaseControl[] = [agentStatus];

/** Decides a purchase at one stage of its path. */
export function decide(action: Action, facts: DecisionFacts, nowMs: number): Decision {
  return decideBy(PURCHASE_CONTROLS, withRegisteredCountry(action, facts), facts, nowMs);
}

/** A purchase that names no country is from the supplier's, as the registry has it now: nothing is stored of it. */
function withRegisteredCountry(action: Action, { supplier }: DecisionFacts): Action {
  const country = supplier?.country ?? null;
  if (action.country !== null || country === null) return action;
  return { ...action, country, sources: { ...action.sources, country: 'registry' } };
}

/** Decides an action that is not a purchase: a refund, a credit, a discount, an expense claim. */
export function decideCheck(action: Action, facts: DecisionFacts, nowMs: number): Decision {
  return decideBy(CHECK_CONTROLS, action, facts, nowMs);
}

function decideBy(
  controls: readonly PurchaseControl[],
  action: Action,
  facts: DecisionFacts,
  nowMs: number,
): Decision {
  const findings: Finding[] = [];
  for (const control of controls) {
    if (!control.stages.includes(facts.stage)) continue;
    try {
      for (const finding of control.evaluate(action, facts, nowMs)) findings.push(finding);
    } catch (error) {
      findings.push(controlFailed(control.name, null, null, error));
    }
  }
  for (const finding of decidePolicies(action, facts.policies, facts, nowMs)) findings.push(finding);
  const split = splitOrder(action, facts, findings);
  if (split !== null) findings.push(split);
  const { signedSteps } = facts;
  const settled =
    signedSteps.length === 0 ? findings : findings.map((finding) => signedOff(finding, signedSteps));
  if (facts.pendingApprovals !== undefined) settled.push(...tooManyPending(outcomeOf(settled), facts));
  const outcome = outcomeOf(settled);
  return { outcome, findings: outcome === 'denied' ? settled.map(besideDenial) : settled };
}

/** Asks policies alone: every rule of every policy, in order. */
export function decidePolicies(
  action: Action,
  policies: readonly CompiledPolicy[],
  facts: Pick<DecisionFacts, 'stage' | 'duplicateAtMs' | 'related' | 'exchange'>,
  nowMs: number,
): Finding[] {
  const findings: Finding[] = [];
  const { stage, duplicateAtMs, related, exchange } = facts;
  const ruleFacts = { stage, nowMs, duplicateAtMs, related, exchange };
  for (const policy of policies) {
    for (const rule of policy.rules) {
      if (!rule.stages.includes(facts.stage)) continue;
      try {
        const finding = evaluateRule(policy, rule, action, ruleFacts);
        if (finding !== null) findings.push(finding);
      } catch (error) {
        findings.push(controlFailed(rule.ruleType, policy.policyId, rule.ruleId, error));
      }
    }
  }
  return findings;
}

/** The clause that a control enforces, such as `AG-642 4.1`; null: none, or no such control. */
export function clauseOf(control: string): string | null {
  const rule = RULE_TYPES.get(control);
  if (rule !== undefined) return rule.clause;
  if (control === SPLIT_ORDER) return SPLIT_ORDER_CLAUSE;
  return PURCHASE_CONTROLS.find((candidate) => candidate.name === control)?.clause ?? null;
}

/** Identity of the approval step a hold asks for: the same hold asks for the same signature. */
export function stepKey(finding: Finding): string {
  const key = `${finding.policyId ?? ''}:${finding.ruleId ?? finding.control}:${finding.reasonCode}`;
  const tier = finding.routing?.tier ?? null;
  return tier === null ? key : `${key}:${tier}`; // a changed tier asks for its own signatures
}

function signedOff(finding: Finding, signedSteps: readonly string[]): Finding {
  if (finding.outcome !== 'hold' || !signedSteps.includes(stepKey(finding))) return finding;
  return { ...finding, outcome: 'pass', reasonCode: 'signed', nextStep: null };
}

/** A hold of a denied action waits for nothing: what it says to do next must not be to wait. */
function besideDenial(finding: Finding): Finding {
  if (finding.outcome !== 'hold') return finding;
  return { ...finding, nextStep: 'Once nothing denies it any more, this will need an approval.' };
}

function controlFailed(
  control: string,
  policyId: string | null,
  ruleId: string | null,
  error: unknown,
): Finding {
  return {
    control,
    policyId,
    ruleId,
    outcome: 'deny',
    reasonCode: 'control_failed',
    message: `The control \`${control}\` could not be evaluated, so the purchase is denied.`,
    observed: error instanceof Error ? error.name : null,
    limit: null,
    clause: 'AG-642 4.7',
    nextStep: 'Tell the operator: this is a fault in the gateway, not in the request.',
    approvers: null,
  };
}

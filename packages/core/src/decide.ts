// decide.ts: the decision. Pure and deterministic: same facts, same action, same time, same answer.
// All controls run, so the agent sees every violation at once. deny > hold > approve.
// A control that throws is missing evidence: it denies.
import type { Action } from './action.ts';
import { agentBindings } from './controls/agent-bindings.ts';
import { agentStatus } from './controls/agent-status.ts';
import { budgetRoom } from './controls/budget-room.ts';
import { policyRequired } from './controls/policy-required.ts';
import { vendorIdentity } from './controls/vendor-identity.ts';
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
  budgetRoom,
];
/** An action that is not a purchase has no budget to bind it: its agent's standing and the policy are all. */
const CHECK_CONTROLS: readonly PurchaseControl[] = [agentStatus];

/** Decides a purchase at one stage of its path. */
export function decide(action: Action, facts: DecisionFacts, nowMs: number): Decision {
  return decideBy(PURCHASE_CONTROLS, action, facts, nowMs);
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
      for (const finding of control.evaluate(action, facts)) findings.push(finding);
    } catch (error) {
      findings.push(controlFailed(control.name, null, null, error));
    }
  }
  for (const finding of decidePolicies(action, facts.policies, facts, nowMs)) findings.push(finding);
  const settled = findings.map((finding) => signedOff(finding, facts.signedSteps));
  const outcome = outcomeOf(settled);
  return { outcome, findings: outcome === 'denied' ? settled.map(besideDenial) : settled };
}

/** Asks policies alone: every rule of every policy, in order. */
export function decidePolicies(
  action: Action,
  policies: readonly CompiledPolicy[],
  facts: Pick<DecisionFacts, 'stage' | 'duplicateAtMs'>,
  nowMs: number,
): Finding[] {
  const findings: Finding[] = [];
  const ruleFacts = { stage: facts.stage, nowMs, duplicateAtMs: facts.duplicateAtMs };
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
  return PURCHASE_CONTROLS.find((candidate) => candidate.name === control)?.clause ?? null;
}

/** Identity of the approval step a hold asks for: the same hold asks for the same signature. */
export function stepKey(finding: Finding): string {
  return `${finding.policyId ?? ''}:${finding.ruleId ?? finding.control}:${finding.reasonCode}`;
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

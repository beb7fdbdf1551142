// policy/evaluate-rule.ts: turns a rule's verdict into a finding by its `on_violation` and `on_missing`.
// Missing evidence never passes silently: `ignore` works only where the policy says it.
import type { Action } from '../action.ts';
import type { Finding, FindingOutcome } from '../finding.ts';
import type { CompiledPolicy, CompiledRule, RuleFacts, RuleVerdict } from './rule.ts';

/**
 * The finding of one rule, or null when the rule does not concern this action. Findings are written out in full,
 * fields in one order: spreading a common part cost more than half of the time of a decision.
 */
export function evaluateRule(
  policy: CompiledPolicy,
  rule: CompiledRule,
  action: Action,
  facts: RuleFacts,
): Finding | null {
  const verdict = rule.evaluate(action, facts);
  if (verdict === null) return null;
  switch (verdict.kind) {
    case 'pass':
      return {
        control: rule.ruleType,
        policyId: policy.policyId,
        ruleId: rule.ruleId,
        outcome: 'pass',
        reasonCode: 'ok',
        message: '',
        observed: verdict.observed,
        limit: verdict.limit,
        clause: rule.clause,
        nextStep: null,
        approvers: null,
      };
    case 'violation':
      return {
        control: rule.ruleType,
        policyId: policy.policyId,
        ruleId: rule.ruleId,
        outcome: rule.onViolation,
        reasonCode: verdict.reasonCode,
        message: verdict.message,
        observed: verdict.observed,
        limit: verdict.limit,
        clause: rule.clause,
        nextStep: rule.onViolation === 'hold' ? nextStepOfHold(action) : verdict.nextStep,
        approvers: null,
      };
    case 'escalate':
      return {
        control: rule.ruleType,
        policyId: policy.policyId,
        ruleId: rule.ruleId,
        outcome: 'hold',
        reasonCode: verdict.reasonCode,
        message: verdict.message,
        observed: verdict.observed,
        limit: verdict.limit,
        clause: rule.clause,
        nextStep: verdict.nextStep,
        approvers: verdict.approvers,
        ...besidesOf(verdict),
      };
    case 'missing':
      return {
        control: rule.ruleType,
        policyId: policy.policyId,
        ruleId: rule.ruleId,
        outcome: MISSING_OUTCOME[rule.onMissing],
        reasonCode:
          rule.onMissing === 'ignore' ? 'evidence_ignored' : (verdict.reasonCode ?? 'evidence_missing'),
        message: verdict.message,
        observed: null,
        limit: verdict.evidence,
        clause: rule.clause,
        nextStep: nextStepOfMissing(rule.onMissing, verdict.evidence, action),
        approvers: null,
      };
  }
}

/** What only some escalations say. */
function besidesOf({
  routing,
  relatedRequestIds,
}: Extract<RuleVerdict, { kind: 'escalate' }>): Pick<Finding, 'routing' | 'relatedRequestIds'> | null {
  if (routing === undefined && relatedRequestIds === undefined) return null;
  return {
    ...(routing === undefined ? null : { routing }),
    ...(relatedRequestIds === undefined ? null : { relatedRequestIds }),
  };
}

/** What the agent does when a human has to sign: a purchase request waits and resumes, a check does not. */
export function nextStepOfHold(action: Action): string {
  return action.subject === 'purchase'
    ? 'Wait for the approval: the same request resumes by itself, do not submit it again.'
    : 'Hand it to a human: do not go ahead without an approval.';
}

function nextStepOfMissing(
  onMissing: CompiledRule['onMissing'],
  evidence: string,
  action: Action,
): string | null {
  switch (onMissing) {
    case 'ignore':
      return null;
    case 'hold':
      return nextStepOfHold(action);
    case 'deny':
      return `Submit it anew with a \`${evidence}\` that this rule can check.`;
  }
}

const MISSING_OUTCOME: Readonly<Record<CompiledRule['onMissing'], FindingOutcome>> = {
  deny: 'deny',
  hold: 'hold',
  ignore: 'pass',
};

// sourcing-finding.ts: turns what a sourcing control saw into a finding, by the `on_violation` and `on_missing` of the
// section. Missing evidence never passes silently: `ignore` works only where the policy says it.
import type { Action } from '../action.ts';
import type { Finding } from '../finding.ts';
import { nextStepOfHold } from '../policy/evaluate-rule.ts';
import type { OnMissing, OnViolation } from '../policy/rule.ts';
import type { CompiledSourcingPolicy } from '../sourcing/sourcing-policy.ts';

/** What stands before a sourcing policy's id in a finding: ids of policies may be the same. */
export const SOURCING_PREFIX = 'sourcing:';

type Speaker = Pick<CompiledSourcingPolicy, 'policyId'>;

export function sourcingPass(
  control: string,
  clause: string,
  policy: Speaker | null,
  seen: Pick<Finding, 'observed' | 'limit'>,
): Finding {
  return {
    control,
    policyId: policy === null ? null : SOURCING_PREFIX + policy.policyId,
    ruleId: null,
    outcome: 'pass',
    reasonCode: 'ok',
    message: '',
    observed: seen.observed,
    limit: seen.limit,
    clause,
    nextStep: null,
    approvers: null,
  };
}

export type Violation = Pick<Finding, 'reasonCode' | 'message' | 'observed' | 'limit'> & {
  readonly nextStep: string;
};

export function sourcingViolation(
  control: string,
  clause: string,
  policy: Speaker | null,
  action: Action,
  violation: Violation,
  onViolation: OnViolation,
): Finding {
  return {
    control,
    policyId: policy === null ? null : SOURCING_PREFIX + policy.policyId,
    ruleId: null,
    outcome: onViolation,
    reasonCode: violation.reasonCode,
    message: violation.message,
    observed: violation.observed,
    limit: violation.limit,
    clause,
    nextStep: onViolation === 'hold' ? nextStepOfHold(action) : violation.nextStep,
    approvers: null,
  };
}

/** `evidence` names the request's field, or what the registry would have to know. */
export function sourcingMissing(
  control: string,
  clause: string,
  policy: Speaker,
  action: Action,
  { evidence, message }: { readonly evidence: string; readonly message: string },
  onMissing: OnMissing,
): Finding {
  return {
    control,
    policyId: SOURCING_PREFIX + policy.policyId,
    ruleId: null,
    outcome: onMissing === 'ignore' ? 'pass' : onMissing,
    reasonCode: onMissing === 'ignore' ? 'evidence_ignored' : 'evidence_missing',
    message,
    observed: null,
    limit: evidence,
    clause,
    nextStep:
      onMissing === 'ignore'
        ? null
        : onMissing === 'hold'
          ? nextStepOfHold(action)
          : `Submit it anew with a \`${evidence}\` that can be checked.`,
    approvers: null,
  };
}

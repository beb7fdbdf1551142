// policy-required.ts: no purchase without a policy that decides on it, and never under a named one that is not there
// (retired since, or never active). Clause: AG-642 4.1. All stages. Missing evidence: the named policy itself.
// A pass leaves no finding.
import type { PurchaseControl } from '../decision-facts.ts';
import { denial } from './purchase-finding.ts';

export const policyRequired: PurchaseControl = {
  name: 'policy_required',
  stages: ['request', 'execution', 'authorization'],
  clause: 'AG-642 4.1',
  evaluate(action, facts) {
    const named = action.policyId;
    const isThere = named === null || facts.policies.some((policy) => policy.policyId === named);
    if (facts.policies.length > 0 && isThere) return [];
    return [
      denial('policy_required', 'AG-642 4.1', {
        reasonCode: 'no_policy',
        message:
          named === null || isThere
            ? 'No policy applies to this purchase.'
            : `The policy \`${named}\` is not in force, so it cannot decide on this purchase.`,
        observed: named,
        limit: 'a policy in force',
        nextStep: 'Name a `policy_id` that is in force, or ask the operator to set one up for this agent.',
      }),
    ];
  },
};

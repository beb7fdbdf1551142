// agent-bindings.ts: an agent does not pick its own rules. Where the operator bound it to policies, cost centres or
// projects, it may use these alone. Clause: AG-642 4.1. All stages. Missing evidence: naming none where a list is set
// and there is no default. A default stands in for what was not named; it must be on the list itself.
// A pass leaves no finding.
import type { PurchaseControl } from '../decision-facts.ts';
import type { Finding } from '../finding.ts';
import { denial } from './purchase-finding.ts';

interface Binding {
  readonly field: string;
  readonly words: string;
  readonly reasonCode: string;
  readonly allowed: readonly string[] | undefined;
  readonly named: string | null;
}

export const agentBindings: PurchaseControl = {
  name: 'agent_bindings',
  stages: ['request', 'execution', 'authorization'],
  clause: 'AG-642 4.1',
  evaluate(action, { agent: { bindings } }) {
    const found: readonly Binding[] = [
      {
        field: 'policy_id',
        words: 'policy',
        reasonCode: 'policy_not_permitted',
        allowed: bindings.policies,
        named: action.policyId ?? bindings.defaultPolicy ?? null,
      },
      {
        field: 'metadata.cost_center',
        words: 'cost centre',
        reasonCode: 'cost_center_not_permitted',
        allowed: bindings.costCenters,
        named: action.costCenter ?? bindings.defaultCostCenter ?? null,
      },
      {
        field: 'project',
        words: 'project',
        reasonCode: 'project_not_permitted',
        allowed: bindings.projects,
        named: action.project ?? bindings.defaultProject ?? null,
      },
    ];
    return found.flatMap((binding) => findingOf(binding) ?? []);
  },
};

function findingOf({ field, words, reasonCode, allowed, named }: Binding): Finding | null {
  if (allowed === undefined || (named !== null && allowed.includes(named))) return null;
  const limit = `one of ${allowed.length}`;
  if (named === null) {
    return denial('agent_bindings', 'AG-642 4.1', {
      reasonCode: 'evidence_missing',
      message: `This agent may only use certain values of \`${field}\`, and none is given.`,
      limit: field,
      nextStep: `Submit it anew with a \`${field}\` that this agent may use.`,
    });
  }
  return denial('agent_bindings', 'AG-642 4.1', {
    reasonCode,
    message: `This agent may not use the ${words} \`${named}\`.`,
    observed: named,
    limit,
    nextStep: `Submit it anew with a \`${field}\` that this agent may use, or ask the operator.`,
  });
}

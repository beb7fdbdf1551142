// agent-status.ts: a suspended agent buys nothing. Clause: AG-642 4.1 (no authority, no purchase). All stages, so a
// suspension also stops what was approved before it. Missing evidence: there is none, an agent has a status.
// A pass leaves no finding.
import type { PurchaseControl } from '../decision-facts.ts';
import { denial } from './purchase-finding.ts';

export const agentStatus: PurchaseControl = {
  name: 'agent_status',
  stages: ['request', 'execution', 'authorization'],
  clause: 'AG-642 4.1',
  evaluate(action, facts) {
    if (facts.agent.agentId !== action.agentId) throw new Error('facts are of another agent than the action');
    if (facts.agent.status === 'active') return [];
    return [
      denial('agent_status', 'AG-642 4.1', {
        reasonCode: 'agent_suspended',
        message: `The agent \`${action.agentId}\` is suspended.`,
        observed: facts.agent.status,
        limit: 'active',
        nextStep: 'Stop and ask the operator: nothing can be bought until the agent is resumed.',
      }),
    ];
  },
};

// pending-approvals.ts: one agent's requests that wait for a human at the same time. A flood of them teaches approvers to
// sign unread, so beyond the limit a request that would be held is denied. Clause: AG-642 4.5. Request only; the gate
// gives the count under the agent's lock, and only where the limit has been reached.
import type { DecisionFacts } from '../decision-facts.ts';
import type { DecisionOutcome, Finding } from '../finding.ts';
import { denial } from './purchase-finding.ts';

export function tooManyPending(
  outcome: DecisionOutcome,
  { stage, agent, pendingApprovals }: DecisionFacts,
): readonly Finding[] {
  if (outcome !== 'held' || stage !== 'request' || pendingApprovals === undefined) return [];
  const { count, limit } = pendingApprovals;
  if (count < limit) return [];
  const finding = denial('pending_approvals', 'AG-642 4.5', {
    reasonCode: 'too_many_pending_approvals',
    message: `\`${agent.agentId}\` has ${count} requests that wait for an approval, and may have ${limit}.`,
    observed: `${count} pending`,
    limit: `${limit} pending`,
    nextStep:
      'Wait until some of them are signed, or cancel those that are no longer needed, then submit it again.',
  });
  return [finding];
}

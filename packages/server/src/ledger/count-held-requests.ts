// ledger/count-held-requests.ts: how many requests of agents wait for a human, as far as that matters. Sent after their
// locks (lock-held-agents.ts).
import type { Statement } from '../db/statement.ts';

export interface HeldRequestsRow {
  agent_id: string;
  held: number;
}

/** `countMax`: counting further than that decides nothing. */
export function countHeldRequests(agentIds: readonly string[], countMax: number): Statement {
  return {
    name: 'count_held_requests',
    text: `SELECT agent_id, (SELECT count(*)::int FROM (
             SELECT FROM purchase_request WHERE purchase_request.agent_id = agent.agent_id AND status = 'held'
             LIMIT $2::int) AS held) AS held
           FROM unnest($1::text[]) AS agent (agent_id)`,
    values: [[...agentIds], countMax],
  };
}

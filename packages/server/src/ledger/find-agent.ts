// ledger/find-agent.ts: one agent, whatever its status.
import type { Statement } from '../db/statement.ts';

export function findAgent(agentId: string): Statement {
  return {
    name: 'find_agent',
    text: `SELECT agent_id, name, team, role, owner, entity_id, status, bindings, created_at, entry_id
           FROM agent WHERE agent_id = $1`,
    values: [agentId],
  };
}

// ledger/list-agents.ts: agents in the order of their ids, of one team and status where given.
import type { Statement } from '../db/statement.ts';

interface AgentFilter {
  readonly after: string;
  readonly limit: number;
  readonly team: string | null;
  readonly status: string | null;
}

export function listAgents(filter: AgentFilter): Statement {
  return {
    name: 'list_agents',
    text: `SELECT agent_id, name, team, role, owner, entity_id, status, bindings, created_at, entry_id
           FROM agent
           WHERE agent_id > $1 AND ($3::text IS NULL OR team = $3) AND ($4::text IS NULL OR status = $4)
           ORDER BY agent_id LIMIT $2`,
    values: [filter.after, filter.limit, filter.team, filter.status],
  };
}

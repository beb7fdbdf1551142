// ledger/insert-agent.ts: adds an agent.
import type { Statement } from '../db/statement.ts';

/** The bindings as stored: snake_case, absent where there is none. */
export interface StoredBindings {
  readonly policies?: readonly string[];
  readonly cost_centers?: readonly string[];
  readonly projects?: readonly string[];
  readonly default_policy?: string;
  readonly default_cost_center?: string;
  readonly default_project?: string;
}

export interface StoredAgentRow {
  agent_id: string;
  name: string;
  team: string | null;
  role: string | null;
  owner: string | null;
  entity_id: string | null;
  status: 'active' | 'suspended';
  bindings: StoredBindings;
  created_at: Date;
  entry_id: bigint;
}

export function insertAgent(row: StoredAgentRow): Statement {
  return {
    name: 'insert_agent',
    text: `INSERT INTO agent (agent_id, name, team, role, owner, entity_id, status, bindings, created_at, entry_id)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    values: [
      row.agent_id,
      row.name,
      row.team,
      row.role,
      row.owner,
      row.entity_id,
      row.status,
      JSON.stringify(row.bindings),
      row.created_at,
      row.entry_id,
    ],
  };
}

// ledger/update-agent.ts: replaces what may change of an agent.
import type { Statement } from '../db/statement.ts';

import type { StoredAgentRow } from './insert-agent.ts';

export function updateAgent(row: StoredAgentRow): Statement {
  return {
    name: 'update_agent',
    text: `UPDATE agent SET name = $2, team = $3, role = $4, owner = $5, entity_id = $6, status = $7, bindings = $8, entry_id = $9
           WHERE agent_id = $1`,
    values: [
      row.agent_id,
      row.name,
      row.team,
      row.role,
      row.owner,
      row.entity_id,
      row.status,
      JSON.stringify(row.bindings),
      row.entry_id,
    ],
  };
}

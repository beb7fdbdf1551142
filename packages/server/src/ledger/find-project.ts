// ledger/find-project.ts: one registered project.
import type { Statement } from '../db/statement.ts';

export function findProject(projectId: string): Statement {
  return {
    name: 'find_project',
    text: `SELECT project_id, programme_id, name, created_at, entry_id FROM project WHERE project_id = $1`,
    values: [projectId],
  };
}

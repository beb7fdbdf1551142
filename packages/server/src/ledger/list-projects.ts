// ledger/list-projects.ts: registered projects in the order of their ids.
import type { Statement } from '../db/statement.ts';

export function listProjects({
  after,
  limit,
}: {
  readonly after: string;
  readonly limit: number;
}): Statement {
  return {
    name: 'list_projects',
    text: `SELECT project_id, programme_id, name, created_at, entry_id
           FROM project WHERE project_id > $1 ORDER BY project_id LIMIT $2`,
    values: [after, limit],
  };
}

// ledger/update-project.ts: replaces what may change of a project.
import type { Statement } from '../db/statement.ts';

import type { ProjectRow } from './insert-project.ts';

export function updateProject(row: ProjectRow): Statement {
  return {
    name: 'update_project',
    text: `UPDATE project SET programme_id = $2, name = $3, entry_id = $4 WHERE project_id = $1`,
    values: [row.project_id, row.programme_id, row.name, row.entry_id],
  };
}

// ledger/insert-project.ts: registers a project.
import type { Statement } from '../db/statement.ts';

export interface ProjectRow {
  project_id: string;
  programme_id: string | null;
  name: string;
  created_at: Date;
  entry_id: bigint;
}

export function insertProject(row: ProjectRow): Statement {
  return {
    name: 'insert_project',
    text: `INSERT INTO project (project_id, programme_id, name, created_at, entry_id) VALUES ($1, $2, $3, $4, $5)`,
    values: [row.project_id, row.programme_id, row.name, row.created_at, row.entry_id],
  };
}

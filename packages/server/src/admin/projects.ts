// admin/projects.ts: which programme a project is part of. A project's id is what agents write in their requests, so it
// may be any short text; one that is not registered is part of no programme.
import { isDeepStrictEqual } from 'node:util';

import { findProject } from '../ledger/find-project.ts';
import { insertProject, type ProjectRow } from '../ledger/insert-project.ts';
import { listProjects } from '../ledger/list-projects.ts';
import { updateProject } from '../ledger/update-project.ts';
import { notFound } from './admin-error.ts';
import {
  type Actor,
  type AdminContext,
  applyChange,
  type ChangeOptions,
  firstRow,
  readRows,
} from './apply-change.ts';
import { checkedId, checkedName, checkedReference } from './checked-input.ts';
import { type Page, type PageQuery, pageOf, pageWindow } from './page.ts';
import { personal, type Snapshot } from './personal-text.ts';

export interface ProjectInput {
  readonly projectId: string;
  /** Default: its id. */
  readonly name?: string | undefined;
  readonly programmeId?: string | null | undefined;
}

export interface ProjectView {
  readonly projectId: string;
  readonly name: string;
  readonly programmeId: string | null;
  readonly createdAt: string;
}

export interface Projects {
  /** Creates it, or replaces what there is of it: a programme that is left out is taken away. */
  put(actor: Actor, input: ProjectInput, options?: ChangeOptions): Promise<ProjectView>;
  get(projectId: string): Promise<ProjectView>;
  list(query?: PageQuery): Promise<Page<ProjectView>>;
}

export function createProjects(context: AdminContext): Projects {
  return {
    put: (actor, input, options) => putProject(context, actor, input, options),
    async get(projectId) {
      const [row] = await readRows<ProjectRow>(context.pool, findProject(projectId));
      if (row === undefined) throw notFound('project', projectId);
      return viewOf(row);
    },
    async list(query = {}) {
      const window = pageWindow(query);
      const rows = await readRows<ProjectRow>(context.pool, listProjects(window));
      return pageOf(rows, window, (row) => row.project_id, viewOf);
    },
  };
}

async function putProject(
  context: AdminContext,
  actor: Actor,
  input: ProjectInput,
  options: ChangeOptions | undefined,
): Promise<ProjectView> {
  const projectId = checkedReference('/project_id', input.projectId);
  const name = checkedName('/name', input.name ?? projectId);
  const programmeId = input.programmeId == null ? null : checkedId('/programme_id', input.programmeId);
  return applyChange(context, { actor, operation: `projects.put/${projectId}`, options }, async (step) => {
    const before = await firstRow<ProjectRow>(step.tx, findProject(projectId));
    const row: ProjectRow = {
      project_id: projectId,
      programme_id: programmeId,
      name,
      created_at: before?.created_at ?? step.at,
      entry_id: step.entryId,
    };
    const [former, latter] = [before === null ? null : snapshotOf(before), snapshotOf(row)];
    if (isDeepStrictEqual(former, latter)) return viewOf(row);
    await step.tx.query(before === null ? insertProject(row) : updateProject(row));
    await step.record({
      type: before === null ? 'project.created' : 'project.updated',
      subjectId: projectId,
      before: former,
      after: latter,
      undo: before === null ? undefined : { name: before.name, programme_id: before.programme_id },
    });
    return viewOf(row);
  });
}

function snapshotOf(row: ProjectRow): Snapshot {
  return { name: personal(row.name), programme_id: row.programme_id };
}

function viewOf(row: ProjectRow): ProjectView {
  return {
    projectId: row.project_id,
    name: row.name,
    programmeId: row.programme_id,
    createdAt: row.created_at.toISOString(),
  };
}

// resources/projects.ts: projects, and the programmes they are part of.
import { Type } from 'typebox';

import { operation } from '../operation.ts';
import { Identifier, Timestamp, closed, idInPath, nullable, page, pageQuery, text } from '../scalars.ts';

const Project = Type.Object(
  {
    project_id: Type.String(),
    name: Type.String(),
    programme_id: nullable(Type.String(), 'Budgets with the scope `programme` cover it.'),
    created_at: Timestamp,
  },
  { title: 'Project' },
);

const tag = 'Budgets';
const readers = ['operator', 'auditor', 'budget_owner'] as const;
const params = Type.Object({ project_id: idInPath('Id of the project, as agents write it.') });

export const projectOperations = {
  putProject: operation({
    operationId: 'putProject',
    method: 'PUT',
    path: '/v1/projects/{project_id}',
    tag,
    summary: 'Register a project, or make it part of a programme',
    description: 'Replaces what there is of it: a `programme_id` that is left out is taken away.',
    allow: ['operator'],
    change: 'controlled',
    params,
    body: Type.Object(
      {
        name: Type.Optional(text(200, 'For people; default: its id.')),
        programme_id: Type.Optional(nullable(Identifier)),
      },
      { ...closed, title: 'ProjectBody' },
    ),
    bodyExample: { name: 'Roof repairs', programme_id: 'estate_2027' },
    status: 200,
    response: Project,
  }),
  listProjects: operation({
    operationId: 'listProjects',
    method: 'GET',
    path: '/v1/projects',
    tag,
    summary: 'List registered projects',
    allow: readers,
    query: Type.Object(pageQuery, closed),
    status: 200,
    response: page('ProjectPage', Project),
  }),
  getProject: operation({
    operationId: 'getProject',
    method: 'GET',
    path: '/v1/projects/{project_id}',
    tag,
    summary: 'Read a project',
    allow: readers,
    params,
    status: 200,
    response: Project,
  }),
};

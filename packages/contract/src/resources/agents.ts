// resources/agents.ts: the software buyers, and what the operator binds them to.
import { Type } from 'typebox';

import { operation } from '../operation.ts';
import {
  IdempotencyHeader,
  Identifier,
  ReasonBody,
  Timestamp,
  closed,
  idInPath,
  nullable,
  page,
  pageQuery,
  text,
} from '../scalars.ts';
import { keyOperationsOf } from './keys.ts';

const Reference = text(128, 'As the agent writes it.');

const bindings = {
  policies: Type.Optional(
    Type.Array(Identifier, { maxItems: 1000, description: 'The only policies it may name.' }),
  ),
  cost_centers: Type.Optional(Type.Array(Reference, { maxItems: 1000 })),
  projects: Type.Optional(Type.Array(Reference, { maxItems: 1000 })),
  default_policy: Type.Optional(Identifier),
  default_cost_center: Type.Optional(Reference),
  default_project: Type.Optional(Reference),
};

const AgentBindings = Type.Object(bindings, {
  ...closed,
  title: 'AgentBindings',
  description: 'An agent does not pick its own rules: where a list is set, naming another is denied.',
});

const AgentBody = Type.Object(
  {
    agent_id: Identifier,
    name: text(200, 'For people.'),
    team: Type.Optional(Identifier),
    role: Type.Optional(Identifier),
    owner: Type.Optional(
      text(255, 'Id or e-mail of the person who answers for it; may not sign its requests.'),
    ),
    entity_id: Type.Optional(Identifier),
    bindings: Type.Optional(AgentBindings),
  },
  { ...closed, title: 'AgentBody' },
);

const AgentPatch = Type.Object(
  {
    name: Type.Optional(text(200, 'For people.')),
    team: Type.Optional(nullable(Identifier)),
    role: Type.Optional(nullable(Identifier)),
    owner: Type.Optional(nullable(text(255, 'Id or e-mail of a person.'))),
    entity_id: Type.Optional(nullable(Identifier)),
    bindings: Type.Optional(AgentBindings),
  },
  { ...closed, title: 'AgentPatch', minProperties: 1, description: '`bindings` replaces them all.' },
);

const Agent = Type.Object(
  {
    agent_id: Type.String(),
    name: Type.String(),
    team: nullable(Type.String()),
    role: nullable(Type.String()),
    owner: nullable(Type.String()),
    entity_id: nullable(Type.String()),
    status: Type.Enum(['active', 'suspended']),
    bindings: AgentBindings,
    created_at: Timestamp,
  },
  { title: 'Agent' },
);

const params = Type.Object({ agent_id: idInPath('Id of the agent.') });
const tag = 'Agents';
const keys = keyOperationsOf({
  name: 'Agent',
  words: 'an agent',
  path: '/v1/agents/{agent_id}',
  params,
  tag,
});

export const agentOperations = {
  createAgent: operation({
    operationId: 'createAgent',
    method: 'POST',
    path: '/v1/agents',
    tag,
    summary: 'Register an agent',
    allow: ['operator'],
    change: 'controlled',
    headers: IdempotencyHeader,
    body: AgentBody,
    bodyExample: {
      agent_id: 'agent_ops_042',
      name: 'Infrastructure renewals',
      team: 'platform',
      owner: 'maria',
    },
    status: 201,
    response: Agent,
  }),
  listAgents: operation({
    operationId: 'listAgents',
    method: 'GET',
    path: '/v1/agents',
    tag,
    summary: 'List agents',
    allow: ['operator', 'auditor'],
    query: Type.Object(
      {
        team: Type.Optional(Identifier),
        status: Type.Optional(Type.Enum(['active', 'suspended'])),
        ...pageQuery,
      },
      closed,
    ),
    status: 200,
    response: page('AgentPage', Agent),
  }),
  getAgent: operation({
    operationId: 'getAgent',
    method: 'GET',
    path: '/v1/agents/{agent_id}',
    tag,
    summary: 'Read an agent',
    allow: ['operator', 'auditor'],
    params,
    status: 200,
    response: Agent,
  }),
  updateAgent: operation({
    operationId: 'updateAgent',
    method: 'PATCH',
    path: '/v1/agents/{agent_id}',
    tag,
    summary: 'Change an agent',
    allow: ['operator'],
    change: 'controlled',
    params,
    body: AgentPatch,
    bodyExample: { bindings: { policies: ['pol_procurement'] } },
    status: 200,
    response: Agent,
  }),
  suspendAgent: operation({
    operationId: 'suspendAgent',
    method: 'POST',
    path: '/v1/agents/{agent_id}/suspend',
    tag,
    summary: 'Stop an agent: the kill switch',
    description:
      'In effect for every decision that starts after this answer, charges of cards already issued included.',
    allow: ['operator'],
    change: 'immediate',
    params,
    body: ReasonBody,
    bodyOptional: true,
    status: 200,
    response: Agent,
  }),
  resumeAgent: operation({
    operationId: 'resumeAgent',
    method: 'POST',
    path: '/v1/agents/{agent_id}/resume',
    tag,
    summary: 'Let a suspended agent go on',
    allow: ['operator'],
    change: 'controlled',
    params,
    status: 200,
    response: Agent,
  }),
  createAgentKey: keys.create,
  listAgentKeys: keys.list,
};

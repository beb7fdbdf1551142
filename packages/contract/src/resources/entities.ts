// resources/entities.ts: legal entities and the cost centres that belong to them.
import { Type } from 'typebox';

import { operation } from '../operation.ts';
import {
  CountryInput,
  CurrencyInput,
  IdempotencyHeader,
  Identifier,
  Timestamp,
  closed,
  idInPath,
  nullable,
  page,
  pageQuery,
  text,
} from '../scalars.ts';

const Entity = Type.Object(
  {
    entity_id: Type.String(),
    name: Type.String(),
    country: nullable(Type.String(), 'ISO 3166-1 alpha-2; the jurisdiction of what it buys.'),
    tax_id: nullable(Type.String()),
    base_currency: Type.String(),
    time_zone: Type.String(),
    is_default: Type.Boolean(),
    created_at: Timestamp,
  },
  { title: 'Entity' },
);

const CostCenter = Type.Object(
  {
    cost_center_id: Type.String(),
    name: Type.String(),
    entity_id: Type.String(),
    parent_id: nullable(Type.String(), 'The cost centre it is part of.'),
    created_at: Timestamp,
  },
  { title: 'CostCenter' },
);

const tag = 'Entities';
const readers = ['operator', 'auditor'] as const;

export const entityOperations = {
  createEntity: operation({
    operationId: 'createEntity',
    method: 'POST',
    path: '/v1/entities',
    tag,
    summary: 'Register a legal entity',
    allow: ['operator'],
    change: 'controlled',
    headers: IdempotencyHeader,
    body: Type.Object(
      {
        entity_id: Identifier,
        name: text(200, 'Registered name.'),
        country: Type.Optional(CountryInput),
        tax_id: Type.Optional(text(64, 'VAT or tax number.')),
        base_currency: Type.Optional(CurrencyInput),
        time_zone: Type.Optional(text(64, 'IANA name such as `Europe/Paris`.')),
      },
      { ...closed, title: 'EntityBody' },
    ),
    bodyExample: {
      entity_id: 'acme_fr',
      name: 'Acme France SAS',
      country: 'FR',
      base_currency: 'EUR',
      time_zone: 'Europe/Paris',
    },
    status: 201,
    response: Entity,
  }),
  listEntities: operation({
    operationId: 'listEntities',
    method: 'GET',
    path: '/v1/entities',
    tag,
    summary: 'List legal entities',
    allow: readers,
    query: Type.Object(pageQuery, closed),
    status: 200,
    response: page('EntityPage', Entity),
  }),
  getEntity: operation({
    operationId: 'getEntity',
    method: 'GET',
    path: '/v1/entities/{entity_id}',
    tag,
    summary: 'Read a legal entity',
    allow: readers,
    params: Type.Object({ entity_id: idInPath('Id of the entity.') }),
    status: 200,
    response: Entity,
  }),
  updateEntity: operation({
    operationId: 'updateEntity',
    method: 'PATCH',
    path: '/v1/entities/{entity_id}',
    tag,
    summary: 'Change a legal entity',
    allow: ['operator'],
    change: 'controlled',
    params: Type.Object({ entity_id: idInPath('Id of the entity.') }),
    body: Type.Object(
      {
        name: Type.Optional(text(200, 'Registered name.')),
        country: Type.Optional(nullable(CountryInput)),
        tax_id: Type.Optional(nullable(text(64, 'VAT or tax number.'))),
        base_currency: Type.Optional(CurrencyInput),
        time_zone: Type.Optional(text(64, 'IANA name such as `Europe/Paris`.')),
      },
      { ...closed, title: 'EntityPatch', minProperties: 1 },
    ),
    bodyExample: { country: 'FR', time_zone: 'Europe/Paris' },
    status: 200,
    response: Entity,
  }),
  createCostCenter: operation({
    operationId: 'createCostCenter',
    method: 'POST',
    path: '/v1/cost-centers',
    tag,
    summary: 'Register a cost centre of an entity',
    allow: ['operator'],
    change: 'controlled',
    headers: IdempotencyHeader,
    body: Type.Object(
      {
        cost_center_id: text(128, 'As agents write it.'),
        name: text(200, 'For people.'),
        entity_id: Type.Optional(Identifier),
        parent_id: Type.Optional(nullable(text(128, 'The cost centre it is part of: a department.'))),
      },
      { ...closed, title: 'CostCenterBody' },
    ),
    bodyExample: { cost_center_id: 'platform', name: 'Platform' },
    status: 201,
    response: CostCenter,
  }),
  putCostCenter: operation({
    operationId: 'putCostCenter',
    method: 'PUT',
    path: '/v1/cost-centers/{cost_center_id}',
    tag,
    summary: 'Register a cost centre, or place it elsewhere',
    description:
      'Replaces what there is of it: a `parent_id` that is left out is taken away. A budget of a cost centre covers every cost centre below it. Unknown parents and circles are refused.',
    allow: ['operator'],
    change: 'controlled',
    params: Type.Object({ cost_center_id: idInPath('Id of the cost centre.') }),
    body: Type.Object(
      {
        name: text(200, 'For people.'),
        entity_id: Type.Optional(Identifier),
        parent_id: Type.Optional(nullable(text(128, 'The cost centre it is part of: a department.'))),
      },
      { ...closed, title: 'CostCenterPut' },
    ),
    bodyExample: { name: 'Platform', parent_id: 'engineering' },
    status: 200,
    response: CostCenter,
  }),
  getCostCenter: operation({
    operationId: 'getCostCenter',
    method: 'GET',
    path: '/v1/cost-centers/{cost_center_id}',
    tag,
    summary: 'Read a cost centre',
    allow: readers,
    params: Type.Object({ cost_center_id: idInPath('Id of the cost centre.') }),
    status: 200,
    response: CostCenter,
  }),
  listCostCenters: operation({
    operationId: 'listCostCenters',
    method: 'GET',
    path: '/v1/cost-centers',
    tag,
    summary: 'List cost centres',
    allow: readers,
    query: Type.Object(pageQuery, closed),
    status: 200,
    response: page('CostCenterPage', CostCenter),
  }),
};

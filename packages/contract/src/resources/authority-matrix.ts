// resources/authority-matrix.ts: the delegation-of-authority matrix. Its own reader checks the document: the schema here says
// what it looks like.
import { Type } from 'typebox';

import { operation } from '../operation.ts';
import {
  AmountInput,
  CurrencyInput,
  IdempotencyHeader,
  Timestamp,
  closed,
  page,
  pageQuery,
} from '../scalars.ts';

const Limit = Type.Object(
  { amount: AmountInput, currency: CurrencyInput },
  { ...closed, title: 'AuthorityLimit' },
);

const Scope = {
  category: Type.Optional(Type.String({ description: '`*`, the default, matches any category and none.' })),
  jurisdiction: Type.Optional(
    Type.String({
      description: 'A country or region of the buying entity; `*`, the default, matches any and none.',
    }),
  ),
};

const Row = Type.Object(
  {
    row_id: Type.Optional(Type.String()),
    agent_id: Type.Optional(Type.String({ description: 'An agent, or `*` for every agent.' })),
    role: Type.Optional(Type.String({ description: 'A role of agents, instead of `agent_id`.' })),
    ...Scope,
    autonomous_limit: Limit,
    valid_from: Type.Optional(Timestamp),
    valid_until: Type.Optional(Timestamp),
  },
  { ...closed, title: 'AuthorityRow' },
);

const Approver = Type.Union([
  Type.String(),
  Type.Object(
    {
      approver_id: Type.String(),
      substitute: Type.Optional(
        Type.Object({ approver_id: Type.String(), from: Timestamp, until: Timestamp }, closed),
      ),
    },
    closed,
  ),
]);

const Tier = Type.Object(
  {
    tier: Type.Union([Type.String(), Type.Integer()]),
    ...Scope,
    limit: Limit,
    approvers: Type.Array(Approver, { minItems: 1 }),
    quorum: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1 }), Type.String()], { description: '`2`, or `"2 of 3"`.' }),
    ),
    remind_after_hours: Type.Optional(Type.Integer({ minimum: 1 })),
    escalate_after_hours: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'Silence after which the approvers of higher tiers may sign too.',
      }),
    ),
  },
  { ...closed, title: 'AuthorityTier' },
);

const AuthorityMatrixBody = Type.Object(
  {
    rows: Type.Optional(Type.Array(Row)),
    tiers: Type.Optional(Type.Array(Tier)),
    rows_csv: Type.Optional(
      Type.String({
        description:
          'Instead of `rows`: CSV with the columns row_id, agent_id, role, category, jurisdiction, amount, currency, valid_from, valid_until.',
      }),
    ),
    tiers_csv: Type.Optional(
      Type.String({
        description:
          'Instead of `tiers`: CSV with the columns tier, category, jurisdiction, amount, currency, approvers (separated by `;`), quorum, remind_after_hours, escalate_after_hours.',
      }),
    ),
    effective_from: Type.Optional(Timestamp),
  },
  { ...closed, title: 'AuthorityMatrixBody' },
);

const summary = {
  version: Type.Integer({ minimum: 1 }),
  effective_from: Timestamp,
  row_count: Type.Integer(),
  tier_count: Type.Integer(),
  created_at: Timestamp,
  created_by: Type.String(),
};

const AuthorityMatrix = Type.Object(
  { ...summary, rows: Type.Array(Row), tiers: Type.Array(Tier) },
  { title: 'AuthorityMatrix' },
);

export const authorityMatrixOperations = {
  publishAuthorityMatrix: operation({
    operationId: 'publishAuthorityMatrix',
    method: 'PUT',
    path: '/v1/authority-matrix',
    tag: 'Authority',
    summary: 'Publish the delegation-of-authority matrix',
    description:
      'Replaces the whole matrix from `effective_from`, at once without it. Once a matrix is in force an agent without a matching row has no authority.',
    allow: ['operator'],
    change: 'controlled',
    body: AuthorityMatrixBody,
    bodyCheckedByReader: true,
    bodyExample: {
      rows: [
        {
          agent_id: 'facilities_agent',
          category: 'maintenance',
          jurisdiction: 'GB',
          autonomous_limit: { amount: '5000.00', currency: 'GBP' },
        },
      ],
      tiers: [
        { tier: 'manager', limit: { amount: '25000.00', currency: 'GBP' }, approvers: ['ap_manager'] },
        {
          tier: 'board',
          limit: { amount: '250000.00', currency: 'GBP' },
          approvers: ['ap_cfo', 'ap_coo', 'ap_ceo'],
          quorum: '2 of 3',
        },
      ],
    },
    headers: IdempotencyHeader,
    status: 200,
    response: AuthorityMatrix,
  }),
  getAuthorityMatrix: operation({
    operationId: 'getAuthorityMatrix',
    method: 'GET',
    path: '/v1/authority-matrix',
    tag: 'Authority',
    summary: 'The matrix in force, or one version of it; as JSON or CSV',
    allow: ['operator', 'auditor', 'approver', 'budget_owner'],
    query: Type.Object(
      {
        version: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
        format: Type.Optional(Type.Enum(['json', 'rows_csv', 'tiers_csv'])),
      },
      closed,
    ),
    status: 200,
    response: AuthorityMatrix,
  }),
  listAuthorityMatrices: operation({
    operationId: 'listAuthorityMatrices',
    method: 'GET',
    path: '/v1/authority-matrix/versions',
    tag: 'Authority',
    summary: 'Versions of the matrix, newest first',
    allow: ['operator', 'auditor'],
    query: Type.Object(pageQuery, closed),
    status: 200,
    response: page('AuthorityMatrixPage', Type.Object(summary, { title: 'AuthorityMatrixSummary' })),
  }),
};

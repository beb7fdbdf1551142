// resources/principals.ts: the people and services with roles: operators, approvers, budget owners, auditors.
// The four collections are one set of principals: a principal with two roles is in both, and is one person.
import { Type } from 'typebox';

import { EVERY_ROLE, operation } from '../operation.ts';
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

const Role = Type.Enum(['operator', 'approver', 'budget_owner', 'auditor']);

const Principal = Type.Object(
  {
    principal_id: Type.String(),
    kind: Type.Enum(['human', 'service']),
    roles: Type.Array(Role),
    name: Type.String(),
    email: nullable(Type.String()),
    status: Type.Enum(['active', 'disabled']),
    created_at: Timestamp,
  },
  {
    title: 'Principal',
    additionalProperties: true,
    description: 'With its id under the name of the collection too: `approver_id`.',
  },
);

const Email = Type.String({
  pattern: '^[^@\\s]+@[^@\\s]+$',
  maxLength: 254,
  description: 'An e-mail address.',
});

function personBody(idField: string, title: string) {
  return Type.Object(
    {
      [idField]: Identifier,
      name: text(200, 'For people.'),
      email: Type.Optional(Email),
      kind: Type.Optional(Type.Enum(['human', 'service'], { default: 'human' })),
    },
    { ...closed, title },
  );
}

const tag = 'Principals';

/** The operations of one role's collection. `idField` is the id's name in the body: `approver_id`. */
function roleOperations<const Name extends string>(role: {
  readonly name: Name;
  readonly words: string;
  readonly path: string;
  readonly idField: string;
  readonly example: Readonly<Record<string, string>>;
}) {
  const { name, words, path, idField, example } = role;
  const params = Type.Object({ [idField]: idInPath('Id of the principal.') });
  const keys = keyOperationsOf({ name, words, path: `${path}/{${idField}}`, params, tag });
  return {
    create: operation({
      operationId: `create${name}`,
      method: 'POST',
      path,
      tag,
      summary: `Give a person or a service the role: ${words}`,
      description:
        'A person who is known already gets this role besides the others: one person is one principal.',
      allow: ['operator'],
      change: 'always_reviewed',
      headers: IdempotencyHeader,
      body: personBody(idField, `${name}Body`),
      bodyExample: example,
      status: 201,
      response: Principal,
    }),
    createKey: keys.create,
    listKeys: keys.list,
  };
}

const operators = roleOperations({
  name: 'Operator',
  words: 'an operator',
  path: '/v1/operators',
  idField: 'operator_id',
  example: { operator_id: 'ops_lead', name: 'Ops lead', email: 'ops@example.com' },
});
const approvers = roleOperations({
  name: 'Approver',
  words: 'an approver',
  path: '/v1/approvers',
  idField: 'approver_id',
  example: { approver_id: 'finance_anna', name: 'Anna', email: 'anna@example.com' },
});
const budgetOwners = roleOperations({
  name: 'BudgetOwner',
  words: 'a budget owner',
  path: '/v1/budget-owners',
  idField: 'budget_owner_id',
  example: { budget_owner_id: 'platform_lead', name: 'Platform lead' },
});
const auditors = roleOperations({
  name: 'Auditor',
  words: 'an auditor',
  path: '/v1/auditors',
  idField: 'auditor_id',
  example: { auditor_id: 'internal_audit', name: 'Internal audit' },
});

const params = Type.Object({ principal_id: idInPath('Id of the principal.') });

export const principalOperations = {
  createOperator: operators.create,
  createOperatorKey: operators.createKey,
  listOperatorKeys: operators.listKeys,
  createApprover: approvers.create,
  createApproverKey: approvers.createKey,
  listApproverKeys: approvers.listKeys,
  createBudgetOwner: budgetOwners.create,
  createBudgetOwnerKey: budgetOwners.createKey,
  listBudgetOwnerKeys: budgetOwners.listKeys,
  createAuditor: auditors.create,
  createAuditorKey: auditors.createKey,
  listAuditorKeys: auditors.listKeys,
  listPrincipals: operation({
    operationId: 'listPrincipals',
    method: 'GET',
    path: '/v1/principals',
    tag,
    summary: 'List principals',
    allow: ['operator', 'auditor'],
    query: Type.Object(
      { role: Type.Optional(Role), status: Type.Optional(Type.Enum(['active', 'disabled'])), ...pageQuery },
      closed,
    ),
    status: 200,
    response: page('PrincipalPage', Principal),
  }),
  getPrincipal: operation({
    operationId: 'getPrincipal',
    method: 'GET',
    path: '/v1/principals/{principal_id}',
    tag,
    summary: 'Read a principal',
    allow: ['operator', 'auditor'],
    params,
    status: 200,
    response: Principal,
  }),
  disablePrincipal: operation({
    operationId: 'disablePrincipal',
    method: 'POST',
    path: '/v1/principals/{principal_id}/disable',
    tag,
    summary: 'Disable a principal and all of its keys, for good',
    allow: ['operator'],
    change: 'immediate',
    params,
    body: ReasonBody,
    bodyOptional: true,
    status: 200,
    response: Principal,
  }),
  whoAmI: operation({
    operationId: 'whoAmI',
    method: 'GET',
    path: '/v1/whoami',
    tag,
    summary: 'Whom this key speaks for',
    allow: EVERY_ROLE,
    status: 200,
    response: Type.Object(
      {
        kind: Type.Enum(['agent', 'principal']),
        id: Type.String(),
        roles: Type.Array(Type.String()),
        key_id: Type.String(),
      },
      { title: 'Caller' },
    ),
  }),
};

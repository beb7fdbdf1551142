// resources/budgets.ts: the envelopes purchases are paid from, each with the balance of its current period.
import { Type } from 'typebox';

import { operation } from '../operation.ts';
import {
  AmountInput,
  Currency,
  CurrencyInput,
  DecimalAmount,
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

const Dimension = Type.Object(
  {
    type: Type.Enum([
      'agent',
      'team',
      'policy',
      'mandate',
      'cost_center',
      'project',
      'entity',
      'organisation',
    ]),
    id: Type.Optional(text(64, 'May be left out for `organisation`.')),
  },
  { ...closed, title: 'ScopeDimension' },
);

const Period = Type.Enum(['day', 'week', 'month', 'quarter', 'year', 'lifetime', 'fixed']);

const BudgetBody = Type.Object(
  {
    budget_id: Type.Optional(Identifier),
    name: text(200, 'For people.'),
    scope: Type.Union([Dimension, Type.Array(Dimension, { minItems: 1, maxItems: 8 })], {
      description: 'One dimension, or several that must all match.',
    }),
    period: Period,
    starts_at: Type.Optional(Timestamp),
    ends_at: Type.Optional(Timestamp),
    currency: CurrencyInput,
    limit: AmountInput,
    time_zone: Type.Optional(
      text(64, 'IANA name; calendar periods begin at midnight there. Default: the entity’s.'),
    ),
    owner: Type.Optional(text(255, 'Id or e-mail of a person.')),
  },
  { ...closed, title: 'BudgetBody' },
);

const Budget = Type.Object(
  {
    budget_id: Type.String(),
    name: Type.String(),
    scope: Type.Array(Dimension),
    period: Period,
    period_starts_at: nullable(Timestamp, 'Of the current period; null outside a fixed range.'),
    period_ends_at: nullable(Timestamp),
    currency: Currency,
    limit: DecimalAmount,
    pending: DecimalAmount,
    committed: DecimalAmount,
    spent: DecimalAmount,
    available: DecimalAmount,
    overrun: DecimalAmount,
    overdrawn: Type.Boolean({ description: '`available` is below zero.' }),
    time_zone: Type.String(),
    owner: nullable(Type.String()),
    status: Type.Enum(['active', 'closed']),
    created_at: Timestamp,
  },
  { title: 'Budget' },
);

const params = Type.Object({ budget_id: idInPath('Id of the budget.') });
const readers = ['operator', 'auditor', 'budget_owner'] as const;

export const budgetOperations = {
  createBudget: operation({
    operationId: 'createBudget',
    method: 'POST',
    path: '/v1/budgets',
    tag: 'Budgets',
    summary: 'Set up a budget',
    description:
      'Every budget that matches a purchase binds it, all or none. A purchase that no budget covers is denied.',
    allow: ['operator'],
    headers: IdempotencyHeader,
    body: BudgetBody,
    bodyExample: {
      name: 'Platform, monthly',
      scope: { type: 'cost_center', id: 'platform' },
      period: 'month',
      currency: 'USD',
      limit: '25000.00',
      time_zone: 'UTC',
    },
    status: 201,
    response: Budget,
  }),
  listBudgets: operation({
    operationId: 'listBudgets',
    method: 'GET',
    path: '/v1/budgets',
    tag: 'Budgets',
    summary: 'List budgets with their current balances',
    allow: readers,
    query: Type.Object({ status: Type.Optional(Type.Enum(['active', 'closed'])), ...pageQuery }, closed),
    status: 200,
    response: page('BudgetPage', Budget),
  }),
  getBudget: operation({
    operationId: 'getBudget',
    method: 'GET',
    path: '/v1/budgets/{budget_id}',
    tag: 'Budgets',
    summary: 'Read a budget with its current balance',
    allow: readers,
    params,
    status: 200,
    response: Budget,
  }),
  updateBudget: operation({
    operationId: 'updateBudget',
    method: 'PATCH',
    path: '/v1/budgets/{budget_id}',
    tag: 'Budgets',
    summary: 'Change a budget’s limit',
    description:
      'A limit below what is already used is allowed: it stops new approvals and rewrites nothing.',
    allow: ['operator'],
    params,
    body: Type.Object({ limit: AmountInput }, { ...closed, title: 'BudgetPatch' }),
    bodyExample: { limit: '30000.00' },
    status: 200,
    response: Budget,
  }),
  closeBudget: operation({
    operationId: 'closeBudget',
    method: 'POST',
    path: '/v1/budgets/{budget_id}/close',
    tag: 'Budgets',
    summary: 'Close a budget',
    description:
      'It covers no purchase that is decided afterwards; what it has set aside is still settled in it.',
    allow: ['operator'],
    params,
    status: 200,
    response: Budget,
  }),
};

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
      'programme',
      'project',
      'entity',
      'organisation',
    ]),
    id: Type.Optional(
      text(
        128,
        'May be left out for `organisation`. A cost centre’s budget covers every cost centre below it too.',
      ),
    ),
  },
  { ...closed, title: 'ScopeDimension' },
);

const Period = Type.Enum(['day', 'week', 'month', 'quarter', 'year', 'lifetime', 'fixed']);

const CarryOver = Type.Union(
  [
    Type.Enum(['none', 'unused']),
    Type.Object(
      {
        unused_up_to: Type.Union([
          Type.Object({ amount: AmountInput }, closed),
          Type.Object({ percent: Type.Integer({ minimum: 1, maximum: 100 }) }, closed),
        ]),
      },
      closed,
    ),
  ],
  {
    title: 'CarryOver',
    description:
      'What becomes of room that is unused when a period ends: it lapses, or moves into the next one, all of it or at most an amount or a percentage of the limit.',
  },
);

const Allocation = Type.Union(
  [
    Type.Enum(['internal']),
    Type.Object(
      {
        external: Type.Object(
          {
            freshness_seconds: Type.Integer({
              minimum: 1,
              maximum: 31_622_400,
              description: 'How old the newest snapshot may be when a purchase is decided.',
            }),
          },
          closed,
        ),
      },
      closed,
    ),
  ],
  { title: 'Allocation', description: 'Its own limit, or what snapshots of another system say.' },
);

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
    limit: Type.Optional(AmountInput),
    carry_over: Type.Optional(CarryOver),
    allocation: Type.Optional(Allocation),
    time_zone: Type.Optional(
      text(64, 'IANA name; calendar periods begin at midnight there. Default: the entity’s.'),
    ),
    owner: Type.Optional(text(255, 'Id or e-mail of a person.')),
  },
  { ...closed, title: 'BudgetBody' },
);

const AllocationSnapshot = Type.Object(
  {
    state: Type.Enum(['current', 'stale', 'indeterminate'], {
      description: 'What a decision would make of it now.',
    }),
    contradictions: Type.Array(Type.String()),
    allocated: DecimalAmount,
    committed_elsewhere: DecimalAmount,
    actual_elsewhere: DecimalAmount,
    currency: Currency,
    source: Type.String(),
    as_of: Timestamp,
    received_at: Timestamp,
    age_seconds: Type.Number(),
  },
  { title: 'AllocationSnapshot' },
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
    carried_over: DecimalAmount,
    transferred: DecimalAmount,
    pending: DecimalAmount,
    committed: DecimalAmount,
    spent: DecimalAmount,
    available: DecimalAmount,
    overrun: DecimalAmount,
    overdrawn: Type.Boolean({ description: '`available` is below zero.' }),
    time_zone: Type.String(),
    owner: nullable(Type.String()),
    carry_over: CarryOver,
    allocation: Allocation,
    allocation_snapshot: nullable(AllocationSnapshot, 'The one that came last.'),
    hierarchy: nullable(
      Type.Object({
        ancestors: Type.Array(Type.String(), { description: 'Cost centres above, nearest first.' }),
        children: Type.Array(Type.String(), { description: 'Cost centres right below.' }),
      }),
      'Of the cost centre in its scope.',
    ),
    status: Type.Enum(['active', 'closed']),
    created_at: Timestamp,
  },
  { title: 'Budget' },
);

const Transfer = Type.Object(
  {
    transfer_id: Type.String(),
    kind: Type.Enum(['transfer', 'carry_over']),
    from: Type.String(),
    to: Type.String(),
    amount: DecimalAmount,
    currency: Currency,
    reason: nullable(Type.String()),
    created_by: Type.String(),
    created_at: Timestamp,
  },
  { title: 'BudgetTransfer' },
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
    change: 'controlled',
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
    summary: 'Change a budget’s limit or carry-over',
    description:
      'A limit below what is already used is allowed: it stops new approvals and rewrites nothing.',
    allow: ['operator'],
    change: 'controlled',
    params,
    body: Type.Object(
      {
        limit: Type.Optional(AmountInput),
        carry_over: Type.Optional(CarryOver),
        reason: Type.Optional(text(500, 'For the record.')),
      },
      { ...closed, title: 'BudgetPatch' },
    ),
    bodyExample: { limit: '30000.00', reason: 'Second quarter plan' },
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
    change: 'controlled',
    params,
    status: 200,
    response: Budget,
  }),
  putBudgetSnapshot: operation({
    operationId: 'putBudgetSnapshot',
    method: 'PUT',
    path: '/v1/budgets/{budget_id}/snapshot',
    tag: 'Budgets',
    summary: 'Say what another system has allocated',
    description:
      'For a budget with `allocation: external`. What was used elsewhere is taken off the allocation. A snapshot that contradicts itself, the budget or those before it is kept and makes the budget indeterminate: purchases on it are denied until a consistent one comes.',
    allow: ['operator'],
    change: 'none',
    params,
    body: Type.Object(
      {
        allocated: AmountInput,
        committed_elsewhere: Type.Optional(AmountInput),
        actual_elsewhere: Type.Optional(AmountInput),
        currency: CurrencyInput,
        as_of: Timestamp,
        source: text(128, 'Which system says so.'),
        period_starts_at: Type.Optional(Timestamp),
      },
      { ...closed, title: 'BudgetSnapshotBody' },
    ),
    bodyExample: {
      allocated: '120000.00',
      committed_elsewhere: '18000.00',
      actual_elsewhere: '31250.00',
      currency: 'GBP',
      as_of: '2026-11-18T09:59:30Z',
      source: 'erp',
    },
    status: 200,
    response: Budget,
  }),
  createBudgetTransfer: operation({
    operationId: 'createBudgetTransfer',
    method: 'POST',
    path: '/v1/budget-transfers',
    tag: 'Budgets',
    summary: 'Move room from one budget to another',
    description:
      'From the current period of one to the current period of the other, at once or not at all. Refused where the first has less than that free, or the currencies differ.',
    allow: ['operator'],
    change: 'controlled',
    headers: IdempotencyHeader,
    body: Type.Object(
      {
        from: Identifier,
        to: Identifier,
        amount: AmountInput,
        currency: CurrencyInput,
        reason: text(500, 'For the record.'),
      },
      { ...closed, title: 'BudgetTransferBody' },
    ),
    bodyExample: {
      from: 'travel_q4',
      to: 'cloud_q4',
      amount: '5000.00',
      currency: 'USD',
      reason: 'Migration moved forward',
    },
    status: 201,
    response: Transfer,
  }),
  listBudgetTransfers: operation({
    operationId: 'listBudgetTransfers',
    method: 'GET',
    path: '/v1/budget-transfers',
    tag: 'Budgets',
    summary: 'List transfers between budgets, and what was carried over',
    allow: readers,
    query: Type.Object({ budget_id: Type.Optional(text(64, 'At either end.')), ...pageQuery }, closed),
    status: 200,
    response: page('BudgetTransferPage', Transfer),
  }),
  getBudgetTransfer: operation({
    operationId: 'getBudgetTransfer',
    method: 'GET',
    path: '/v1/budget-transfers/{transfer_id}',
    tag: 'Budgets',
    summary: 'Read a transfer between budgets',
    allow: readers,
    params: Type.Object({ transfer_id: idInPath('Id of the transfer.') }),
    status: 200,
    response: Transfer,
  }),
};

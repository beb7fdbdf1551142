// resources/checks.ts: a policy asked about something that is not a purchase, and the list of what was stopped.
// `amount` is a JSON number here, written with exactly the digits of the currency.
import { type Static, Type } from 'typebox';

import { operation } from '../operation.ts';
import {
  AmountInput,
  CurrencyInput,
  DecimalAmount,
  Identifier,
  Metadata,
  Timestamp,
  closed,
  idInPath,
  nullable,
  page,
  pageQuery,
  text,
} from '../scalars.ts';

export const CheckBody = Type.Object(
  {
    agent_id: Identifier,
    policy_id: Identifier,
    action_type: Type.Enum(['refund', 'credit', 'discount', 'spend']),
    amount: AmountInput,
    currency: CurrencyInput,
    counterparty: text(255, 'The customer or the vendor.'),
    payment_method: Type.Optional(text(40, 'The rail: `card`, `ach`, `wire`, `usdc`, ...')),
    merchant_or_vendor: Type.Optional(text(255, 'The vendor, where the counterparty is somebody else.')),
    idempotency_key: Type.Optional(
      Type.String({
        pattern: '^[\\x21-\\x7e]{1,255}$',
        description: 'Same as the `Idempotency-Key` header.',
      }),
    ),
    metadata: Type.Optional(Metadata),
  },
  { ...closed, title: 'CheckBody' },
);

export const Check = Type.Object(
  {
    check_id: Type.String(),
    agent_id: Type.String(),
    policy_id: Type.String(),
    action_type: Type.String(),
    amount: Type.Number({ description: 'With exactly the digits of the currency.' }),
    currency: Type.String(),
    counterparty: Type.String(),
    decision: Type.Enum(['allow', 'block', 'escalate']),
    reason_code: nullable(Type.String(), 'null when it is allowed.'),
    message: Type.String(),
    violated_rule_id: nullable(Type.String()),
    violated_rule_description: nullable(Type.String()),
    policy_version: Type.Integer(),
    next_step: nullable(Type.String()),
    latency_ms: nullable(Type.Number(), 'Milliseconds inside the gateway; null when it is read later.'),
    timestamp: Timestamp,
  },
  { title: 'Check' },
);

const Violation = Type.Object(
  {
    violation_id: Type.String(),
    source: Type.Enum(['purchase', 'check']),
    source_id: Type.String({ description: 'The request or the check.' }),
    agent_id: Type.String(),
    policy_id: nullable(Type.String()),
    policy_version: nullable(Type.Integer()),
    rule_id: nullable(Type.String()),
    control: Type.String(),
    outcome: Type.Enum(['hold', 'deny']),
    reason_code: Type.String(),
    message: Type.String(),
    observed: nullable(Type.String()),
    limit: nullable(Type.String()),
    counterparty: Type.String(),
    amount: DecimalAmount,
    currency: Type.String(),
    created_at: Timestamp,
  },
  { title: 'Violation' },
);

export const checkOperations = {
  openCheck: operation({
    operationId: 'openCheck',
    method: 'POST',
    path: '/v1/checks',
    tag: 'Checks',
    summary: 'Ask a policy about a refund, credit, discount or claim',
    description:
      'Evidence goes into `metadata`: `days_since_purchase`, `discount_percent`, `deal_amount`, `country`, `category`.',
    allow: ['agent'],
    headers: Type.Object({
      'idempotency-key': Type.Optional(
        Type.String({ pattern: '^[\\x21-\\x7e]{1,255}$', description: 'Makes a retry safe.' }),
      ),
    }),
    body: CheckBody,
    bodyExample: {
      agent_id: 'support_agent',
      policy_id: 'support_refund_policy',
      action_type: 'refund',
      amount: 49.9,
      currency: 'USD',
      counterparty: 'cust_8841',
      payment_method: 'card',
      metadata: { days_since_purchase: 12 },
    },
    status: 200,
    response: Check,
  }),
  getCheck: operation({
    operationId: 'getCheck',
    method: 'GET',
    path: '/v1/checks/{check_id}',
    tag: 'Checks',
    summary: 'Read one check',
    allow: ['agent', 'operator', 'auditor'],
    params: Type.Object({ check_id: idInPath('Id of the check.') }),
    status: 200,
    response: Check,
  }),
  listViolations: operation({
    operationId: 'listViolations',
    method: 'GET',
    path: '/v1/violations',
    tag: 'Checks',
    summary: 'List what was denied or held, newest first',
    description:
      'One item for each finding that did not pass, of purchases and of checks. An agent sees its own alone.',
    allow: ['agent', 'operator', 'auditor'],
    query: Type.Object(
      {
        agent_id: Type.Optional(Identifier),
        policy_id: Type.Optional(Identifier),
        reason_code: Type.Optional(text(100, 'Exactly.')),
        since: Type.Optional(Timestamp),
        until: Type.Optional(Timestamp),
        ...pageQuery,
      },
      closed,
    ),
    status: 200,
    response: page('ViolationPage', Violation),
  }),
};

export type CheckBody = Static<typeof CheckBody>;
export type Check = Static<typeof Check>;
export type Violation = Static<typeof Violation>;

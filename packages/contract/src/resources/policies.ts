// resources/policies.ts: named, versioned lists of rules. A policy's own reader checks the document: the schema here
// says what it looks like, the reader what each rule type needs.
import { Type } from 'typebox';

import { operation } from '../operation.ts';
import { IdempotencyHeader, Identifier, Timestamp, closed, idInPath, page, pageQuery } from '../scalars.ts';

const Rule = Type.Object(
  {
    rule_id: Identifier,
    rule_type: Type.Enum([
      'max_amount',
      'refund_age_limit',
      'blocked_categories',
      'vendor_allowlist',
      'vendor_blocklist',
      'blocked_payment_rails',
      'discount_cap',
      'geography_block',
      'time_restriction',
      'duplicate_guard',
      'escalate_if',
      'mcc_allowlist',
      'mcc_blocklist',
      'agent_cap',
    ]),
    description: Type.Optional(Type.String({ maxLength: 2000 })),
    parameters: Type.Object({}, { additionalProperties: true, description: 'As the rule type needs.' }),
    on_violation: Type.Optional(Type.Enum(['deny', 'hold'], { default: 'deny' })),
    on_missing: Type.Optional(Type.Enum(['deny', 'hold', 'ignore'], { default: 'deny' })),
    metadata: Type.Optional(Type.Object({}, { additionalProperties: true })),
  },
  { ...closed, title: 'Rule' },
);

const AppliesTo = Type.Object(
  {
    agents: Type.Optional(Type.Array(Identifier)),
    teams: Type.Optional(Type.Array(Identifier)),
    organisation: Type.Optional(Type.Boolean()),
  },
  { ...closed, title: 'AppliesTo', description: 'Whom it binds whether they name it or not.' },
);

const document = {
  policy_id: Identifier,
  name: Type.String({ minLength: 1, maxLength: 200 }),
  description: Type.Optional(Type.String({ maxLength: 2000 })),
  applies_to: Type.Optional(AppliesTo),
  rules: Type.Array(Rule, { minItems: 1 }),
  metadata: Type.Optional(Type.Object({}, { additionalProperties: true })),
};

const PolicyBody = Type.Object(document, { ...closed, title: 'PolicyBody' });

const published = {
  version: Type.Integer({ minimum: 1 }),
  status: Type.Enum(['active', 'retired']),
  rule_count: Type.Integer(),
  created_at: Timestamp,
  created_by: Type.String(),
};

const Policy = Type.Object({ ...document, ...published }, { title: 'Policy' });

const PublishedPolicy = Type.Object(
  {
    ...document,
    ...published,
    warnings: Type.Array(Type.Object({}, { additionalProperties: true }), {
      description: 'What is allowed and probably not meant.',
    }),
  },
  { title: 'PublishedPolicy' },
);

const PolicySummary = Type.Object(
  { policy_id: Type.String(), name: Type.String(), ...published },
  { title: 'PolicySummary' },
);

export const policyOperations = {
  publishPolicy: operation({
    operationId: 'publishPolicy',
    method: 'POST',
    path: '/v1/policies',
    tag: 'Policies',
    summary: 'Publish a policy, or its next version',
    description:
      'In effect for every decision that starts after this answer. All faults are reported at once.',
    allow: ['operator'],
    change: 'controlled',
    body: PolicyBody,
    bodyCheckedByReader: true,
    bodyExample: {
      policy_id: 'pol_procurement',
      name: 'Procurement',
      rules: [
        { rule_id: 'r1', rule_type: 'max_amount', parameters: { limit: 10000, currency: 'USD' } },
        { rule_id: 'r2', rule_type: 'escalate_if', parameters: { amount_above: 2500 } },
        { rule_id: 'r3', rule_type: 'vendor_allowlist', parameters: { vendors: ['aws', 'aws.amazon.com'] } },
      ],
    },
    headers: IdempotencyHeader,
    status: 201,
    response: PublishedPolicy,
  }),
  listPolicies: operation({
    operationId: 'listPolicies',
    method: 'GET',
    path: '/v1/policies',
    tag: 'Policies',
    summary: 'List policies in their newest version',
    allow: ['operator', 'auditor'],
    query: Type.Object(pageQuery, closed),
    status: 200,
    response: page('PolicyPage', PolicySummary),
  }),
  getPolicy: operation({
    operationId: 'getPolicy',
    method: 'GET',
    path: '/v1/policies/{policy_id}',
    tag: 'Policies',
    summary: 'Read a policy, in its newest version or an earlier one',
    allow: ['operator', 'auditor'],
    params: Type.Object({ policy_id: idInPath('Id of the policy.') }),
    query: Type.Object(
      { version: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })) },
      closed,
    ),
    status: 200,
    response: Policy,
  }),
};

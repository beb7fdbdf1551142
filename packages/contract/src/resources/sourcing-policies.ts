// resources/sourcing-policies.ts: where and from whom things may be bought, and above which value a tender is required. The
// policy's own reader checks the body: the schema says what it looks like.
import { Type } from 'typebox';

import { operation } from '../operation.ts';
import {
  AmountInput,
  CurrencyInput,
  IdempotencyHeader,
  Identifier,
  closed,
  idInPath,
  page,
  pageQuery,
  text,
} from '../scalars.ts';
import { Category, Jurisdiction, Money, Supplier, published, versionQuery } from './sourcing-scalars.ts';

const Suppliers = Type.Array(Supplier, {
  minItems: 1,
  description: 'Hosts, `*.host`, ids of suppliers and groups.',
});
const OnViolation = Type.Enum(['deny', 'hold']);
const OnMissing = Type.Enum(['deny', 'hold', 'ignore']);

const sections = (word: typeof OnViolation | typeof OnMissing) => ({
  tender_thresholds: Type.Optional(word),
  prohibited_suppliers: Type.Optional(word),
  preferred_suppliers: Type.Optional(word),
  countries: Type.Optional(word),
  category_rules: Type.Optional(word),
});

const TenderThreshold = Type.Object(
  {
    jurisdiction: Type.Optional(Jurisdiction),
    category: Type.Optional(Category),
    amount: AmountInput,
    currency: CurrencyInput,
    basis: Type.Optional(Type.Enum(['net', 'gross'], { default: 'gross' })),
  },
  { ...closed, title: 'TenderThreshold' },
);

const Countries = Type.Object(
  {
    category: Type.Optional(Category),
    allowed: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
    blocked: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
    on_violation: Type.Optional(OnViolation),
  },
  { ...closed, title: 'SourcingCountries' },
);

const policyDocument = {
  name: Type.Optional(text(200, 'For people.')),
  applies_to: Type.Optional(
    Type.Object(
      {
        agents: Type.Optional(Type.Array(Identifier)),
        teams: Type.Optional(Type.Array(Identifier)),
        entities: Type.Optional(Type.Array(Identifier)),
        cost_centers: Type.Optional(Type.Array(Type.String())),
      },
      { ...closed, description: 'Whoever one of the lists names; left out: everyone.' },
    ),
  ),
  tender_thresholds: Type.Optional(Type.Array(TenderThreshold, { minItems: 1 })),
  related_window_days: Type.Optional(Type.Integer({ minimum: 1, maximum: 366, default: 30 })),
  related: Type.Optional(
    Type.Object(
      {
        intent_share_percent: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 10 })),
        large_share_percent: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 50 })),
        close_days: Type.Optional(Type.Integer({ minimum: 0, maximum: 366, default: 7 })),
      },
      closed,
    ),
  ),
  repetition: Type.Optional(
    Type.Array(
      Type.Object(
        {
          supplier: Type.Optional(Supplier),
          category: Type.Optional(Category),
          cost_center: Type.Optional(text(64, 'A cost centre.')),
          up_to: Money,
          reason: text(500, 'Why it is no split order.'),
        },
        closed,
      ),
      { minItems: 1, description: 'Innocent repetition: such purchases are not added up.' },
    ),
  ),
  prohibited_suppliers: Type.Optional(Suppliers),
  preferred_suppliers: Type.Optional(
    Type.Array(
      Type.Object(
        { category: Type.Optional(Category), suppliers: Suppliers, on_violation: Type.Optional(OnViolation) },
        closed,
      ),
      { minItems: 1 },
    ),
  ),
  countries: Type.Optional(Type.Union([Countries, Type.Array(Countries, { minItems: 1 })])),
  category_rules: Type.Optional(
    Type.Array(
      Type.Object(
        {
          category: Type.Optional(Category),
          required_verification: Type.Optional(Type.Enum(['unverified', 'pending', 'verified', 'failed'])),
          allowed_suppliers: Type.Optional(Suppliers),
          blocked: Type.Optional(Type.Boolean()),
          requires: Type.Optional(Type.Enum(['tender', 'framework'])),
          on_violation: Type.Optional(OnViolation),
        },
        closed,
      ),
      { minItems: 1 },
    ),
  ),
  on_violation: Type.Optional(
    Type.Union([OnViolation, Type.Object(sections(OnViolation), closed)], {
      description: 'For all sections, or for each; default `deny`.',
    }),
  ),
  on_missing: Type.Optional(
    Type.Union([OnMissing, Type.Object(sections(OnMissing), closed)], {
      description: 'When the evidence a section needs is not there; default `deny`.',
    }),
  ),
};

const SourcingPolicy = Type.Object(
  { sourcing_policy_id: Type.String(), ...policyDocument, ...published },
  { title: 'SourcingPolicy' },
);
const policyParams = Type.Object({ sourcing_policy_id: idInPath('Id of the sourcing policy.') });

export const sourcingPolicyOperations = {
  putSourcingPolicy: operation({
    operationId: 'putSourcingPolicy',
    method: 'PUT',
    path: '/v1/sourcing-policies/{sourcing_policy_id}',
    tag: 'Sourcing',
    summary: 'Publish a sourcing policy, or its next version',
    description:
      'In force for every decision that starts after this answer. `default` binds everyone. All faults are reported at once.',
    allow: ['operator'],
    change: 'controlled',
    headers: IdempotencyHeader,
    params: policyParams,
    body: Type.Object(policyDocument, { ...closed, title: 'SourcingPolicyBody' }),
    bodyCheckedByReader: true,
    bodyExample: {
      tender_thresholds: [{ jurisdiction: 'GB', category: '*', amount: '25000.00', currency: 'GBP' }],
      related_window_days: 30,
      prohibited_suppliers: ['*.blocked.example'],
    },
    status: 200,
    response: SourcingPolicy,
  }),
  listSourcingPolicies: operation({
    operationId: 'listSourcingPolicies',
    method: 'GET',
    path: '/v1/sourcing-policies',
    tag: 'Sourcing',
    summary: 'List sourcing policies in their newest version',
    allow: ['operator', 'auditor'],
    query: Type.Object(pageQuery, closed),
    status: 200,
    response: page('SourcingPolicyPage', SourcingPolicy),
  }),
  getSourcingPolicy: operation({
    operationId: 'getSourcingPolicy',
    method: 'GET',
    path: '/v1/sourcing-policies/{sourcing_policy_id}',
    tag: 'Sourcing',
    summary: 'Read a sourcing policy, in its newest version or an earlier one',
    allow: ['operator', 'auditor'],
    params: policyParams,
    query: versionQuery,
    status: 200,
    response: SourcingPolicy,
  }),
};

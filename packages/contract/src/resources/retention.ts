// resources/retention.ts: how long text is kept, what a legal hold keeps longer, and its erasure.
import { Type } from 'typebox';

import { operation } from '../operation.ts';
import {
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

const ids = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { minItems: 1, maxItems: 1000, description });

const Scope = Type.Object(
  {
    everything: Type.Optional(Type.Literal(true)),
    agent_ids: Type.Optional(ids('Purchases of these agents, and the agents themselves.')),
    request_ids: Type.Optional(ids('These purchases.')),
    vendors: Type.Optional(Type.Array(text(512, 'As the agent wrote it.'), { minItems: 1, maxItems: 1000 })),
    from: Type.Optional(Type.String({ description: 'Purchases asked for from then on; RFC 3339.' })),
    until: Type.Optional(Type.String({ description: 'Purchases asked for before then; RFC 3339.' })),
    subject_ids: Type.Optional(ids('Principals, agents and other configuration, and changes of them.')),
  },
  {
    ...closed,
    title: 'LegalHoldScope',
    description: 'One of: `everything`; purchases, by what is given, all of which must match; `subject_ids`.',
  },
);

const LegalHold = Type.Object(
  {
    hold_id: Type.String(),
    scope: Scope,
    reason: nullable(Type.String(), 'null: erased.'),
    status: Type.Enum(['active', 'released']),
    created_by: Type.String(),
    created_at: Timestamp,
    released_by: nullable(Type.String()),
    released_at: nullable(Timestamp),
  },
  { title: 'LegalHold' },
);

const Retention = Type.Object(
  {
    kinds: Type.Array(
      Type.Object({
        kind: Type.Enum(['purchase', 'configuration', 'change']),
        months: Type.Integer(),
        kept_since: Timestamp,
      }),
      { description: 'What ended before `kept_since` is past its time.' },
    ),
    purchases: Type.Object({
      past_retention: Type.Integer(),
      with_text: Type.Integer({ description: 'Of those: held, not ended, or not yet come to.' }),
    }),
    active_holds: Type.Integer(),
  },
  { title: 'Retention' },
);

const RetainedPurchase = Type.Object(
  {
    request_id: Type.String(),
    agent_id: Type.String(),
    created_at: Timestamp,
    erased: Type.Boolean(),
    kept_by: Type.Enum(['nothing', 'not_ended', 'legal_hold'], {
      description: 'Why its text is still there.',
    }),
    hold_ids: Type.Array(Type.String()),
  },
  { title: 'RetainedPurchase' },
);

const Erasure = Type.Object(
  {
    erasure_id: Type.String(),
    kind: Type.Enum(['purchase', 'principal']),
    subject_ids: Type.Array(Type.String()),
    erased_at: Timestamp,
  },
  { title: 'Erasure' },
);

const params = Type.Object({ hold_id: idInPath('Id of the hold.') });
const readers = ['operator', 'auditor'] as const;
const tag = 'Retention';

export const retentionOperations = {
  getRetention: operation({
    operationId: 'getRetention',
    method: 'GET',
    path: '/v1/retention',
    tag,
    summary: 'Read how long text is kept, and how much is past that',
    allow: readers,
    status: 200,
    response: Retention,
  }),
  listRetainedPurchases: operation({
    operationId: 'listRetainedPurchases',
    method: 'GET',
    path: '/v1/retention/purchases',
    tag,
    summary: 'List purchases past their retention, and what keeps their text',
    allow: readers,
    query: Type.Object(pageQuery, closed),
    status: 200,
    response: page('RetainedPurchasePage', RetainedPurchase),
  }),
  eraseText: operation({
    operationId: 'eraseText',
    method: 'POST',
    path: '/v1/erasures',
    tag,
    summary: 'Erase the text of purchases, or the name and address of a person who has left',
    description:
      'All or nothing. Refused where a legal hold keeps it, for a purchase that has not ended, and for a principal that is not disabled. The log keeps its commitments, which say nothing without the text.',
    allow: ['operator'],
    change: 'always_reviewed',
    headers: IdempotencyHeader,
    body: Type.Object(
      {
        request_ids: Type.Optional(
          Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { minItems: 1, maxItems: 500 }),
        ),
        principal_id: Type.Optional(Identifier),
        reason: text(500, 'For the record.'),
      },
      { ...closed, title: 'EraseBody' },
    ),
    bodyExample: { principal_id: 'finance_anna', reason: 'Asked for by the person, ticket 4711' },
    status: 201,
    response: Erasure,
  }),
  placeLegalHold: operation({
    operationId: 'placeLegalHold',
    method: 'POST',
    path: '/v1/legal-holds',
    tag,
    summary: 'Place a legal hold',
    description: 'What it covers is neither erased on request nor by time, until it is released.',
    allow: ['operator'],
    change: 'immediate',
    headers: IdempotencyHeader,
    body: Type.Object(
      { scope: Scope, reason: text(500, 'For the record.') },
      { ...closed, title: 'LegalHoldBody' },
    ),
    bodyExample: { scope: { agent_ids: ['agent_ops_042'] }, reason: 'Matter 2026-17' },
    status: 201,
    response: LegalHold,
  }),
  listLegalHolds: operation({
    operationId: 'listLegalHolds',
    method: 'GET',
    path: '/v1/legal-holds',
    tag,
    summary: 'List legal holds',
    allow: readers,
    query: Type.Object({ status: Type.Optional(Type.Enum(['active', 'released'])), ...pageQuery }, closed),
    status: 200,
    response: page('LegalHoldPage', LegalHold),
  }),
  getLegalHold: operation({
    operationId: 'getLegalHold',
    method: 'GET',
    path: '/v1/legal-holds/{hold_id}',
    tag,
    summary: 'Read a legal hold',
    allow: readers,
    params,
    status: 200,
    response: LegalHold,
  }),
  releaseLegalHold: operation({
    operationId: 'releaseLegalHold',
    method: 'POST',
    path: '/v1/legal-holds/{hold_id}/release',
    tag,
    summary: 'Release a legal hold that somebody else placed',
    description: 'Always by a second person, whatever `change_control` is.',
    allow: ['operator'],
    change: 'immediate',
    params,
    headers: IdempotencyHeader,
    body: Type.Object({ reason: text(500, 'For the record.') }, { ...closed, title: 'ReleaseBody' }),
    bodyExample: { reason: 'Matter 2026-17 is closed' },
    status: 200,
    response: LegalHold,
  }),
};

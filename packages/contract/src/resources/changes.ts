// resources/changes.ts: changes of the configuration that wait for a second person, or were made in an emergency and wait
// for the review afterwards.
import { Type } from 'typebox';

import { operation } from '../operation.ts';
import {
  IdempotencyHeader,
  ReasonBody,
  Timestamp,
  closed,
  idInPath,
  nullable,
  page,
  pageQuery,
  text,
} from '../scalars.ts';

const ChangeStatus = Type.Enum(
  [
    'pending_review',
    'approved',
    'rejected',
    'withdrawn',
    'expired',
    'unreviewed_emergency',
    'confirmed',
    'disputed',
    'rolled_back',
  ],
  { description: 'The first five of a draft, the last four of an emergency.' },
);

const Effect = Type.Enum(['loosens', 'tightens', 'changes'], {
  description: '`changes`: neither direction is plain from the fields alone.',
});

const Emergency = Type.Object(
  {
    reason: nullable(Type.String(), 'null: erased.'),
    review_due_at: Timestamp,
    overdue: Type.Boolean(),
    can_roll_back: Type.Boolean({
      description: 'An earlier version is known; the reviewer can bring it back.',
    }),
  },
  { title: 'Emergency' },
);

const summary = {
  change_id: Type.String(),
  status: ChangeStatus,
  operation: Type.String({ description: 'Operation of this API that is sent again when it is approved.' }),
  subject_id: Type.String({ description: 'What it changes.' }),
  author: Type.String({ description: 'Id of the person or service that asked for it.' }),
  reviewer: nullable(Type.String()),
  effect: nullable(Effect, 'null: its content was erased.'),
  created_at: Timestamp,
  expires_at: nullable(Timestamp, 'When a draft lapses; null for an emergency.'),
  emergency: nullable(Emergency),
  reviewed_at: nullable(Timestamp),
  review_reason: nullable(Type.String()),
};

const FieldDifference = Type.Object(
  {
    type: Type.String({ description: 'Type of the log entry that says it: `policy.published`.' }),
    subject_id: Type.String(),
    field: Type.String({
      description:
        'JSON pointer. In lists whose items have an id, the id stands for the place: `/rules/r1/parameters/limit`.',
    }),
    before: Type.Unknown({ description: 'null: it was not there.' }),
    after: Type.Unknown({ description: 'null: it will not be there.' }),
    effect: Effect,
  },
  { title: 'FieldDifference' },
);

export const Change = Type.Object(
  {
    ...summary,
    difference: nullable(Type.Array(FieldDifference), 'null: erased.'),
    request: nullable(
      Type.Object({ params: Type.Unknown(), query: Type.Unknown(), body: Type.Unknown() }),
      'What was sent; null: erased.',
    ),
  },
  { title: 'Change' },
);

const ChangeSummary = Type.Object(summary, { title: 'ChangeSummary' });

const Reviewed = Type.Object(
  {
    change: Change,
    result: Type.Unknown({
      description: 'What the operation answered when it was sent again; null where nothing was sent.',
    }),
  },
  { title: 'ReviewedChange' },
);

const Reason = Type.Object({ reason: text(500, 'For the record.') }, { ...closed, title: 'NeededReason' });
const params = Type.Object({ change_id: idInPath('Id of the change.') });
const readers = ['operator', 'auditor'] as const;
const tag = 'Change control';

export const changeOperations = {
  listChanges: operation({
    operationId: 'listChanges',
    method: 'GET',
    path: '/v1/changes',
    tag,
    summary: 'List changes under change control',
    allow: readers,
    query: Type.Object(
      {
        status: Type.Optional(ChangeStatus),
        operation: Type.Optional(Type.String({ maxLength: 64 })),
        subject_id: Type.Optional(Type.String({ maxLength: 128 })),
        author: Type.Optional(Type.String({ maxLength: 64 })),
        ...pageQuery,
      },
      closed,
    ),
    status: 200,
    response: page('ChangePage', ChangeSummary),
  }),
  getChange: operation({
    operationId: 'getChange',
    method: 'GET',
    path: '/v1/changes/{change_id}',
    tag,
    summary: 'Read a change: what was sent, and what differs field by field',
    allow: readers,
    params,
    status: 200,
    response: Change,
  }),
  approveChange: operation({
    operationId: 'approveChange',
    method: 'POST',
    path: '/v1/changes/{change_id}/approve',
    tag,
    summary: 'Approve a draft, or confirm an emergency',
    description:
      'By a second person: nobody reviews their own change, whichever key they use. A draft is checked again against what holds now and applied in the same transaction; what fails is refused, and nothing changes.',
    allow: ['operator'],
    change: 'immediate',
    params,
    headers: IdempotencyHeader,
    body: ReasonBody,
    bodyOptional: true,
    status: 200,
    response: Reviewed,
  }),
  rejectChange: operation({
    operationId: 'rejectChange',
    method: 'POST',
    path: '/v1/changes/{change_id}/reject',
    tag,
    summary: 'Reject a draft, or dispute an emergency',
    description:
      'A rejected draft never takes effect. A disputed emergency was reviewed and should not have been made; it stays in force until it is changed or rolled back.',
    allow: ['operator'],
    change: 'immediate',
    params,
    headers: IdempotencyHeader,
    body: Reason,
    bodyExample: { reason: 'The limit is above what the board agreed to.' },
    status: 200,
    response: Change,
  }),
  withdrawChange: operation({
    operationId: 'withdrawChange',
    method: 'POST',
    path: '/v1/changes/{change_id}/withdraw',
    tag,
    summary: 'Take back a draft of your own',
    allow: ['operator'],
    change: 'immediate',
    params,
    headers: IdempotencyHeader,
    body: ReasonBody,
    bodyOptional: true,
    status: 200,
    response: Change,
  }),
  rollBackChange: operation({
    operationId: 'rollBackChange',
    method: 'POST',
    path: '/v1/changes/{change_id}/roll-back',
    tag,
    summary: 'Bring back what was before an emergency',
    description:
      'By a second person, while the emergency has not been reviewed. Refused where what it left has changed since, or no earlier version is known.',
    allow: ['operator'],
    change: 'immediate',
    params,
    headers: IdempotencyHeader,
    body: Reason,
    bodyExample: { reason: 'The supplier is back; the old allowlist will do.' },
    status: 200,
    response: Reviewed,
  }),
};

// resources/approvals.ts: what humans sign. One approval a request, with ordered steps; one person, one signature.
import { type Static, Type } from 'typebox';

import { operation } from '../operation.ts';
import {
  Currency,
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

const Signature = Type.Object(
  {
    signed_by: Type.String(),
    on_behalf_of: nullable(Type.String(), 'Whose authority was used, by delegation; null: their own.'),
    authorization_reference: Type.String(),
    comment: nullable(Type.String()),
    signed_at: Timestamp,
    viewed_seconds: nullable(
      Type.Number({ minimum: 0 }),
      'From the signer’s first look at the approval to the signature; null: never opened.',
    ),
  },
  { title: 'Signature' },
);

const ApprovalStep = Type.Object(
  {
    step: Type.Integer({ minimum: 0 }),
    policy_id: nullable(Type.String()),
    rule_id: nullable(Type.String()),
    reason_code: Type.String(),
    message: Type.String(),
    limit: nullable(Type.String()),
    approvers: nullable(Type.Array(Type.String()), 'Who may sign it; null: any active approver.'),
    tier: nullable(Type.String(), 'The tier that signs; null: a rule without tiers holds it.'),
    quorum: Type.Integer({ minimum: 1, description: 'How many must sign it.' }),
    order: Type.Integer({
      description: 'Steps of one order are signed in any order; all of a lower one come first.',
    }),
    reminders: Type.Integer({ minimum: 0 }),
    escalate_to: Type.Array(Type.String(), { description: 'Who may sign too, once it has been escalated.' }),
    escalated_at: nullable(Timestamp),
    signatures: Type.Array(Signature),
  },
  { title: 'ApprovalStep' },
);

export const Approval = Type.Object(
  {
    approval_id: Type.String(),
    status: Type.Enum(['pending', 'approved', 'rejected', 'expired', 'cancelled']),
    expires_at: Timestamp,
    terms_hash: Type.String({ description: 'SHA-256 of the exact terms, hex: what a signature binds to.' }),
    steps: Type.Array(ApprovalStep),
  },
  { title: 'Approval' },
);

export const ApprovalWithRequest = Type.Object(
  {
    approval_id: Type.String(),
    status: Type.Enum(['pending', 'approved', 'rejected', 'expired', 'cancelled']),
    created_at: Timestamp,
    expires_at: Timestamp,
    terms_hash: Type.String(),
    steps: Type.Array(ApprovalStep),
    may_sign: Type.Optional(
      Type.Object(
        {
          step: Type.Integer({ minimum: 0 }),
          on_behalf_of: nullable(Type.String()),
          is_escalation: Type.Boolean(),
        },
        { description: 'What whoever asks may sign now; absent: nothing.' },
      ),
    ),
    request_id: Type.String(),
    request: Type.Object({
      status: Type.String(),
      agent_id: Type.String(),
      policy_id: nullable(Type.String()),
      vendor: Type.String(),
      amount: DecimalAmount,
      currency: Currency,
      intent: nullable(Type.String()),
      category: nullable(Type.String()),
      cost_center: nullable(Type.String()),
      project: nullable(Type.String()),
      rail: nullable(Type.String()),
      created_at: Timestamp,
    }),
  },
  { title: 'ApprovalWithRequest' },
);

const ApproverMetrics = Type.Object(
  {
    approver_id: Type.String(),
    decisions: Type.Integer({ minimum: 0 }),
    approved: Type.Integer({ minimum: 0 }),
    rejected: Type.Integer({ minimum: 0 }),
    on_behalf_of_others: Type.Integer({ minimum: 0 }),
    approve_rate: nullable(Type.Number({ minimum: 0, maximum: 1 })),
    approvals_per_hour: Type.Object({
      peak: Type.Integer({ minimum: 0, description: 'Most signatures within any 60 minutes.' }),
      mean: nullable(Type.Number(), 'Per clock hour in which they decided anything.'),
    }),
    seconds_to_decide: Type.Object(
      { median: nullable(Type.Number()), p10: nullable(Type.Number()) },
      { description: 'From the first look to the decision, of decisions that were looked at.' },
    ),
    unopened_share: nullable(
      Type.Number({ minimum: 0, maximum: 1 }),
      'Share decided without having opened the approval.',
    ),
    pending: Type.Integer({ minimum: 0, description: 'Approvals that they may sign now.' }),
    rubber_stamping: nullable(Type.String(), 'Why this looks like rubber-stamping; null: it does not.'),
  },
  { title: 'ApproverMetrics' },
);

const params = Type.Object({ approval_id: idInPath('Id of the approval.') });

export const approvalOperations = {
  listApprovals: operation({
    operationId: 'listApprovals',
    method: 'GET',
    path: '/v1/approvals',
    tag: 'Approvals',
    summary: 'List approvals, newest first',
    allow: ['approver', 'operator', 'auditor'],
    query: Type.Object(
      {
        status: Type.Optional(Type.Enum(['pending', 'approved', 'rejected', 'expired', 'cancelled'])),
        agent_id: Type.Optional(Identifier),
        signable: Type.Optional(
          Type.Enum(['true', 'false'], {
            description:
              '`true`: only what whoever asks may sign now, by delegation and after an escalation too.',
          }),
        ),
        ...pageQuery,
      },
      closed,
    ),
    status: 200,
    response: page('ApprovalPage', ApprovalWithRequest),
  }),
  readApprovalMetrics: operation({
    operationId: 'readApprovalMetrics',
    method: 'GET',
    path: '/v1/approvals/metrics',
    tag: 'Approvals',
    summary: 'How approvers decide: how fast, how often yes, how often unread',
    description:
      'Over the signatures and rejections of the period, 30 days up to now unless it is given. AG-642 4.5.',
    allow: ['operator', 'auditor'],
    query: Type.Object(
      {
        approver_id: Type.Optional(Identifier),
        from: Type.Optional(Timestamp),
        until: Type.Optional(Timestamp),
      },
      closed,
    ),
    status: 200,
    response: Type.Object(
      { from: Timestamp, until: Timestamp, data: Type.Array(ApproverMetrics) },
      { title: 'ApprovalMetrics' },
    ),
  }),
  getApproval: operation({
    operationId: 'getApproval',
    method: 'GET',
    path: '/v1/approvals/{approval_id}',
    tag: 'Approvals',
    summary: 'Read one approval and the request it is for',
    allow: ['approver', 'operator', 'auditor'],
    params,
    status: 200,
    response: ApprovalWithRequest,
  }),
  approve: operation({
    operationId: 'approve',
    method: 'POST',
    path: '/v1/approvals/{approval_id}/approve',
    tag: 'Approvals',
    summary: 'Sign a step',
    description:
      'With the last step the request is decided again against the state of that moment and, if it is still allowed, goes straight to checkout. The owner of the agent may not sign, and nobody signs twice, themselves or through a delegate. Without `step`, the one of those open to the signer that fewest others may sign.',
    allow: ['approver'],
    change: 'none',
    headers: IdempotencyHeader,
    params,
    body: Type.Object(
      {
        authorization_reference: text(
          200,
          'Where this authority is documented: a ticket, a minute, a contract.',
        ),
        comment: Type.Optional(text(1000, 'For the record.')),
        step: Type.Optional(Type.Integer({ minimum: 0, maximum: 1000, description: 'Index of the step.' })),
        on_behalf_of: Type.Optional(
          text(
            64,
            'Id of the principal who has delegated their signature; without it, your own is used where it suffices.',
          ),
        ),
      },
      { ...closed, title: 'ApproveBody' },
    ),
    bodyExample: { authorization_reference: 'CAB-2291', comment: 'agreed with finance' },
    status: 200,
    response: ApprovalWithRequest,
  }),
  reject: operation({
    operationId: 'reject',
    method: 'POST',
    path: '/v1/approvals/{approval_id}/reject',
    tag: 'Approvals',
    summary: 'Refuse it: the request is denied',
    allow: ['approver'],
    change: 'none',
    headers: IdempotencyHeader,
    params,
    body: Type.Object({ reason: text(1000, 'Why; the agent reads it.') }, { ...closed, title: 'RejectBody' }),
    bodyExample: { reason: 'not this quarter' },
    status: 200,
    response: ApprovalWithRequest,
  }),
};

export type Approval = Static<typeof Approval>;
export type ApprovalWithRequest = Static<typeof ApprovalWithRequest>;

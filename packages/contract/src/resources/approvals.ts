// resources/approvals.ts: what a human signs. One approval a request, with ordered steps, one person a step.
import { type Static, Type } from 'typebox';

import { operation } from '../operation.ts';
import {
  Currency,
  DecimalAmount,
  IdempotencyHeader,
  Timestamp,
  closed,
  idInPath,
  nullable,
  page,
  pageQuery,
  text,
} from '../scalars.ts';

const ApprovalStep = Type.Object(
  {
    step: Type.Integer({ minimum: 0 }),
    policy_id: nullable(Type.String()),
    rule_id: nullable(Type.String()),
    reason_code: Type.String(),
    message: Type.String(),
    limit: nullable(Type.String()),
    approvers: nullable(Type.Array(Type.String()), 'Who may sign it; null: any active approver.'),
    signed_by: nullable(Type.String()),
    authorization_reference: nullable(Type.String()),
    comment: nullable(Type.String()),
    signed_at: nullable(Timestamp),
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
        ...pageQuery,
      },
      closed,
    ),
    status: 200,
    response: page('ApprovalPage', ApprovalWithRequest),
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
    summary: 'Sign the next step',
    description:
      'With the last step the request is decided again against the state of that moment and, if it is still allowed, goes straight to checkout. The owner of the agent may not sign, and nobody signs twice.',
    allow: ['approver'],
    headers: IdempotencyHeader,
    params,
    body: Type.Object(
      {
        authorization_reference: text(
          200,
          'Where this authority is documented: a ticket, a minute, a contract.',
        ),
        comment: Type.Optional(text(1000, 'For the record.')),
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

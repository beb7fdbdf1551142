// resources/delegations.ts: whose signature another approver may give, between two instants.
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

const tag = 'Approvals';

const Delegation = Type.Object(
  {
    delegation_id: Type.String(),
    approver_id: Type.String({ description: 'Whose signature it is.' }),
    delegate_id: Type.String({ description: 'Who may give it.' }),
    from: Timestamp,
    until: Type.String({ format: 'date-time', description: 'Not any more at this instant.' }),
    reason: nullable(Type.String()),
    revoked_at: nullable(Timestamp),
    created_at: Timestamp,
  },
  { title: 'Delegation' },
);

const approver = { approver_id: idInPath('Id of the approver who delegates.') };

export const delegationOperations = {
  createDelegation: operation({
    operationId: 'createDelegation',
    method: 'POST',
    path: '/v1/approvers/{approver_id}/delegations',
    tag,
    summary: 'Let another approver sign on somebody’s behalf for a time',
    description:
      'The delegate must be an active approver. Nobody signs for an agent they own, nor both for themselves and on behalf of another; a delegate cannot pass it on. It lapses by itself.',
    allow: ['operator'],
    change: 'controlled',
    headers: IdempotencyHeader,
    params: Type.Object(approver),
    body: Type.Object(
      {
        delegate_id: Identifier,
        from: Timestamp,
        until: Timestamp,
        reason: Type.Optional(text(500, 'For the record.')),
      },
      { ...closed, title: 'DelegationBody' },
    ),
    bodyExample: {
      delegate_id: 'finance_ben',
      from: '2026-12-21T00:00:00Z',
      until: '2027-01-04T00:00:00Z',
      reason: 'annual leave',
    },
    status: 201,
    response: Delegation,
  }),
  listDelegations: operation({
    operationId: 'listDelegations',
    method: 'GET',
    path: '/v1/approvers/{approver_id}/delegations',
    tag,
    summary: 'List whose signature may be given by whom, past ones too',
    allow: ['operator', 'approver', 'auditor'],
    params: Type.Object(approver),
    query: Type.Object(pageQuery, closed),
    status: 200,
    response: page('DelegationPage', Delegation),
  }),
  revokeDelegation: operation({
    operationId: 'revokeDelegation',
    method: 'POST',
    path: '/v1/approvers/{approver_id}/delegations/{delegation_id}/revoke',
    tag,
    summary: 'End a delegation before its time',
    allow: ['operator'],
    change: 'immediate',
    headers: IdempotencyHeader,
    params: Type.Object({ ...approver, delegation_id: idInPath('Id of the delegation.') }),
    status: 200,
    response: Delegation,
  }),
};

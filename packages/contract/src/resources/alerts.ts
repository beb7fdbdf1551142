// resources/alerts.ts: what people should look at: raised once, acknowledged by somebody, on the record.
import { Type } from 'typebox';

import { operation } from '../operation.ts';
import { Timestamp, closed, idInPath, nullable, page, pageQuery, text } from '../scalars.ts';

const Alert = Type.Object(
  {
    alert_id: Type.String(),
    kind: Type.String({ description: 'The family first: `velocity.frequency`, `budget.usage`.' }),
    severity: Type.Enum(['info', 'warning', 'critical']),
    subject: Type.Object({ type: Type.String(), id: Type.String() }),
    message: Type.String({ description: 'In plain words.' }),
    evidence: Type.Object({}, { additionalProperties: true, description: 'The numbers that were seen.' }),
    created_at: Timestamp,
    acknowledged_at: nullable(Timestamp),
    acknowledged_by: nullable(Type.String()),
    entry_id: Type.Integer({ description: 'Log entry that raised it.' }),
  },
  { title: 'Alert' },
);

const params = Type.Object({ alert_id: idInPath('Id of the alert.') });
const readers = ['operator', 'budget_owner', 'auditor', 'approver'] as const;

export const alertOperations = {
  listAlerts: operation({
    operationId: 'listAlerts',
    method: 'GET',
    path: '/v1/alerts',
    tag: 'Alerts',
    summary: 'List alerts, the newest first',
    description: 'Who only owns budgets sees the alerts about those budgets.',
    allow: readers,
    query: Type.Object(
      {
        kind: Type.Optional(text(64, 'A kind, or a family of kinds such as `velocity`.')),
        subject_type: Type.Optional(text(64, 'Such as `agent` or `budget`.')),
        subject_id: Type.Optional(text(300, 'Id of what they are about.')),
        since: Type.Optional(Timestamp),
        acknowledged: Type.Optional(Type.Boolean()),
        ...pageQuery,
      },
      closed,
    ),
    status: 200,
    response: page('AlertPage', Alert),
  }),
  getAlert: operation({
    operationId: 'getAlert',
    method: 'GET',
    path: '/v1/alerts/{alert_id}',
    tag: 'Alerts',
    summary: 'Read an alert',
    allow: readers,
    params,
    status: 200,
    response: Alert,
  }),
  acknowledgeAlert: operation({
    operationId: 'acknowledgeAlert',
    method: 'POST',
    path: '/v1/alerts/{alert_id}/acknowledge',
    tag: 'Alerts',
    summary: 'Note that an alert has been seen',
    description: 'The first who does is kept. It ends nothing that the alert began.',
    allow: ['operator', 'budget_owner', 'approver'],
    change: 'none',
    params,
    status: 200,
    response: Alert,
  }),
};

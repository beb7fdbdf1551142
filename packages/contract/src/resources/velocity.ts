// resources/velocity.ts: how requests are watched for sudden frequency, concentrated value, clustering below thresholds and
// unusual hours, and lifting the reviews that follow from it. The settings' own reader checks them.
import { Type } from 'typebox';

import { operation } from '../operation.ts';
import { IdempotencyHeader, Timestamp, closed, idInPath, nullable } from '../scalars.ts';

const Signal = Type.Enum(['frequency', 'concentration', 'clustering', 'out_of_hours']);
const Subject = Type.Enum(['agent', 'team', 'supplier']);

const BusinessHours = Type.Object(
  {
    allowed_days: Type.Array(Type.Enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']), { minItems: 1 }),
    allowed_hours: Type.String({ description: '`[start, end)`, such as `08:00-18:00`.' }),
    time_zone: Type.String({ description: 'IANA name.' }),
  },
  { ...closed, title: 'BusinessHours' },
);

const Hold = Type.Object(
  {
    signals: Type.Array(Signal, {
      minItems: 1,
      description: 'Alerts of these put their subject under review.',
    }),
    subjects: Type.Array(Subject, { minItems: 1 }),
  },
  { ...closed, title: 'VelocityHold' },
);

const settings = {
  sensitivity: Type.Enum(['off', 'low', 'normal', 'high'], { default: 'normal' }),
  frequency_window_hours: Type.Integer({ minimum: 1, maximum: 24, default: 1 }),
  concentration_window_hours: Type.Integer({ minimum: 1, maximum: 168, default: 24 }),
  history_days: Type.Integer({ minimum: 1, maximum: 90, default: 28 }),
  clustering_window_days: Type.Integer({ minimum: 1, maximum: 365, default: 90 }),
  business_hours: nullable(BusinessHours, 'Null: no hour is unusual.'),
  hold: nullable(Hold, 'Null: alerts hold nothing.'),
};

const VelocityBody = Type.Object(
  Object.fromEntries(Object.entries(settings).map(([name, schema]) => [name, Type.Optional(schema)])),
  { ...closed, title: 'VelocityBody' },
);

const Velocity = Type.Object(
  {
    ...settings,
    version: Type.Integer({ minimum: 0, description: '0: nobody has set it.' }),
    created_at: nullable(Timestamp),
    created_by: nullable(Type.String()),
  },
  { title: 'Velocity' },
);

const Review = Type.Object(
  {
    review_id: Type.String(),
    alert_id: Type.String(),
    subject: Type.Object({ type: Subject, id: Type.String() }),
    created_at: Timestamp,
    lifted_at: nullable(Timestamp),
    lifted_by: nullable(Type.String()),
  },
  { title: 'Review' },
);

export const velocityOperations = {
  configureVelocity: operation({
    operationId: 'configureVelocity',
    method: 'PUT',
    path: '/v1/velocity',
    tag: 'Alerts',
    summary: 'Set how requests are watched',
    description:
      'Replaces all settings; what is left out has its default. Nothing is held unless `hold` says so.',
    allow: ['operator'],
    change: 'controlled',
    body: VelocityBody,
    bodyCheckedByReader: true,
    bodyExample: {
      sensitivity: 'normal',
      business_hours: {
        allowed_days: ['mon', 'tue', 'wed', 'thu', 'fri'],
        allowed_hours: '07:00-20:00',
        time_zone: 'Europe/Berlin',
      },
      hold: { signals: ['frequency'], subjects: ['agent'] },
    },
    headers: IdempotencyHeader,
    status: 200,
    response: Velocity,
  }),
  getVelocity: operation({
    operationId: 'getVelocity',
    method: 'GET',
    path: '/v1/velocity',
    tag: 'Alerts',
    summary: 'How requests are watched',
    allow: ['operator', 'auditor'],
    status: 200,
    response: Velocity,
  }),
  liftReview: operation({
    operationId: 'liftReview',
    method: 'POST',
    path: '/v1/alerts/{alert_id}/lift',
    tag: 'Alerts',
    summary: 'End the review that an alert began',
    description:
      'The subject’s next requests are no longer held for it. Those that are held already still need their signature.',
    allow: ['operator'],
    change: 'controlled',
    headers: IdempotencyHeader,
    params: Type.Object({ alert_id: idInPath('Id of the alert.') }),
    status: 200,
    response: Review,
  }),
};

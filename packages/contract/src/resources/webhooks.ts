// resources/webhooks.ts: where events are sent, as Standard Webhooks describes, and what became of each delivery.
import { Type } from 'typebox';

import { operation } from '../operation.ts';
import {
  IdempotencyHeader,
  Timestamp,
  closed,
  idInPath,
  nullable,
  page,
  pageQuery,
  text,
} from '../scalars.ts';

const endpointFields = {
  endpoint_id: Type.String(),
  url: Type.String(),
  events: nullable(Type.Array(Type.String()), 'null: all.'),
  status: Type.Enum(['active', 'disabled']),
  disabled_reason: nullable(Type.String()),
  created_at: Timestamp,
};

const WebhookEndpoint = Type.Object(endpointFields, { title: 'WebhookEndpoint' });
const CreatedWebhookEndpoint = Type.Object(
  {
    ...endpointFields,
    secret: Type.String({ description: '`whsec_...`, to verify signatures; shown this once.' }),
  },
  { title: 'CreatedWebhookEndpoint' },
);

const Delivery = Type.Object(
  {
    delivery_id: Type.String({ description: 'The `webhook-id`: the same on every attempt.' }),
    endpoint_id: Type.String(),
    leaf_index: Type.Integer({ description: 'Leaf index of the event in the log.' }),
    event_type: Type.String(),
    subject_id: Type.String(),
    status: Type.Enum(['pending', 'delivered', 'failed']),
    attempts: Type.Integer(),
    next_attempt_at: nullable(Timestamp),
    last_status_code: nullable(Type.Integer()),
    last_error: nullable(Type.String()),
    created_at: Timestamp,
    delivered_at: nullable(Timestamp),
  },
  { title: 'WebhookDelivery' },
);

const params = Type.Object({ endpoint_id: idInPath('Id of the endpoint.') });
const tag = 'Webhooks';

export const webhookOperations = {
  createWebhookEndpoint: operation({
    operationId: 'createWebhookEndpoint',
    method: 'POST',
    path: '/v1/webhook-endpoints',
    tag,
    summary: 'Send events to a URL',
    allow: ['operator'],
    change: 'immediate',
    headers: IdempotencyHeader,
    body: Type.Object(
      {
        url: text(2048, 'https, and not a private address unless the installation allows it.'),
        events: Type.Optional(
          Type.Array(text(100, 'Event type, such as `purchase.completed`.'), { minItems: 1, maxItems: 100 }),
        ),
      },
      { ...closed, title: 'WebhookEndpointBody' },
    ),
    bodyExample: { url: 'https://erp.example.com/hooks/countersign', events: ['purchase.completed'] },
    status: 201,
    response: CreatedWebhookEndpoint,
  }),
  listWebhookEndpoints: operation({
    operationId: 'listWebhookEndpoints',
    method: 'GET',
    path: '/v1/webhook-endpoints',
    tag,
    summary: 'List endpoints',
    allow: ['operator', 'auditor'],
    query: Type.Object(pageQuery, closed),
    status: 200,
    response: page('WebhookEndpointPage', WebhookEndpoint),
  }),
  getWebhookEndpoint: operation({
    operationId: 'getWebhookEndpoint',
    method: 'GET',
    path: '/v1/webhook-endpoints/{endpoint_id}',
    tag,
    summary: 'Read an endpoint',
    allow: ['operator', 'auditor'],
    params,
    status: 200,
    response: WebhookEndpoint,
  }),
  disableWebhookEndpoint: operation({
    operationId: 'disableWebhookEndpoint',
    method: 'DELETE',
    path: '/v1/webhook-endpoints/{endpoint_id}',
    tag,
    summary: 'Stop sending to an endpoint',
    description: 'It is disabled and kept: deliveries refer to it.',
    allow: ['operator'],
    change: 'immediate',
    params,
    status: 200,
    response: WebhookEndpoint,
  }),
  enableWebhookEndpoint: operation({
    operationId: 'enableWebhookEndpoint',
    method: 'POST',
    path: '/v1/webhook-endpoints/{endpoint_id}/enable',
    tag,
    summary: 'Send to a disabled endpoint again',
    allow: ['operator'],
    change: 'immediate',
    params,
    status: 200,
    response: WebhookEndpoint,
  }),
  rotateWebhookSecret: operation({
    operationId: 'rotateWebhookSecret',
    method: 'POST',
    path: '/v1/webhook-endpoints/{endpoint_id}/rotate-secret',
    tag,
    summary: 'Replace an endpoint’s secret',
    allow: ['operator'],
    change: 'immediate',
    headers: IdempotencyHeader,
    params,
    status: 200,
    response: Type.Object(
      { endpoint_id: Type.String(), secret: Type.String({ description: 'Shown this once.' }) },
      { title: 'RotatedWebhookSecret' },
    ),
  }),
  listWebhookDeliveries: operation({
    operationId: 'listWebhookDeliveries',
    method: 'GET',
    path: '/v1/webhook-endpoints/{endpoint_id}/deliveries',
    tag,
    summary: 'List deliveries, newest first',
    allow: ['operator', 'auditor'],
    params,
    query: Type.Object(
      { status: Type.Optional(Type.Enum(['pending', 'delivered', 'failed'])), ...pageQuery },
      closed,
    ),
    status: 200,
    response: page('WebhookDeliveryPage', Delivery),
  }),
  replayWebhookDelivery: operation({
    operationId: 'replayWebhookDelivery',
    method: 'POST',
    path: '/v1/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/replay',
    tag,
    summary: 'Send one delivery again',
    allow: ['operator'],
    change: 'none',
    params: Type.Object({
      endpoint_id: idInPath('Id of the endpoint.'),
      delivery_id: idInPath('Id of the delivery.'),
    }),
    status: 202,
    response: Delivery,
  }),
};

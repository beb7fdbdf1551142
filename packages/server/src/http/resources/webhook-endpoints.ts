// http/resources/webhook-endpoints.ts: where events are sent, and what became of each delivery.
import { operations } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';

import { actorOf, changeOptions } from '../change.ts';
import type { HttpContext } from '../context.ts';
import { notFound } from '../problem.ts';
import { serve } from '../route.ts';
import { fromWire, pageToWire, toWire } from '../wire.ts';

export function registerWebhookEndpoints(app: FastifyInstance, { admin, deliveries }: HttpContext): void {
  const { webhookEndpoints } = admin;
  serve(app, operations.createWebhookEndpoint, async (call) => {
    const input = fromWire(call.body);
    return toWire(await webhookEndpoints.create(actorOf(call.request), input, changeOptions(call)));
  });
  serve(app, operations.listWebhookEndpoints, async ({ query }) =>
    pageToWire(await webhookEndpoints.list(query)),
  );
  serve(app, operations.getWebhookEndpoint, async ({ params }) =>
    toWire(await webhookEndpoints.get(params.endpoint_id)),
  );
  serve(app, operations.disableWebhookEndpoint, async (call) => {
    const { endpoint_id } = call.params;
    return toWire(
      await webhookEndpoints.disable(actorOf(call.request), endpoint_id, null, changeOptions(call)),
    );
  });
  serve(app, operations.enableWebhookEndpoint, async (call) =>
    toWire(
      await webhookEndpoints.enable(actorOf(call.request), call.params.endpoint_id, changeOptions(call)),
    ),
  );
  serve(app, operations.rotateWebhookSecret, async (call) =>
    toWire(
      await webhookEndpoints.rotateSecret(
        actorOf(call.request),
        call.params.endpoint_id,
        changeOptions(call),
      ),
    ),
  );
  serve(app, operations.listWebhookDeliveries, async ({ params, query }) => {
    await webhookEndpoints.get(params.endpoint_id);
    return pageToWire(await deliveries.list(params.endpoint_id, query));
  });
  serve(app, operations.replayWebhookDelivery, async ({ params }) => {
    const delivery = await deliveries.replay(params.endpoint_id, params.delivery_id);
    if (delivery === undefined) throw notFound('There is no such delivery.');
    return toWire(delivery);
  });
}

// http/resources/entities.ts: legal entities and cost centres.
import { operations } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';

import { actorOf, changeOptions } from '../change.ts';
import type { HttpContext } from '../context.ts';
import { serve } from '../route.ts';
import { fromWire, pageToWire, toWire } from '../wire.ts';

export function registerEntities(app: FastifyInstance, { admin }: HttpContext): void {
  const { entities, costCenters } = admin;
  serve(app, operations.createEntity, async (call) =>
    toWire(await entities.create(actorOf(call.request), fromWire(call.body), changeOptions(call))),
  );
  serve(app, operations.listEntities, async ({ query }) => pageToWire(await entities.list(query)));
  serve(app, operations.getEntity, async ({ params }) => toWire(await entities.get(params.entity_id)));
  serve(app, operations.updateEntity, async (call) => {
    const update = fromWire(call.body);
    return toWire(
      await entities.update(actorOf(call.request), call.params.entity_id, update, changeOptions(call)),
    );
  });
  serve(app, operations.createCostCenter, async (call) =>
    toWire(await costCenters.create(actorOf(call.request), fromWire(call.body), changeOptions(call))),
  );
  serve(app, operations.putCostCenter, async (call) => {
    const input = { ...fromWire(call.body), costCenterId: call.params.cost_center_id };
    return toWire(await costCenters.put(actorOf(call.request), input, changeOptions(call)));
  });
  serve(app, operations.listCostCenters, async ({ query }) => pageToWire(await costCenters.list(query)));
  serve(app, operations.getCostCenter, async ({ params }) =>
    toWire(await costCenters.get(params.cost_center_id)),
  );
}

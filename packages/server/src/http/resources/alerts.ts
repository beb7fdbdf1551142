// http/resources/alerts.ts: alerts, read and acknowledged by people.
import { operations } from '@countersign/contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';

import type { PrincipalCaller } from '../../record/caller.ts';
import type { HttpContext } from '../context.ts';
import { callerOf, serve } from '../route.ts';
import { fromWire, pageToWire, toWire } from '../wire.ts';

export function registerAlerts(app: FastifyInstance, { admin: { alerts } }: HttpContext): void {
  serve(app, operations.listAlerts, async ({ request, query }) =>
    pageToWire(await alerts.list(viewerOf(request), fromWire(query))),
  );
  serve(app, operations.getAlert, async ({ request, params }) =>
    toWire(await alerts.get(viewerOf(request), params.alert_id)),
  );
  serve(app, operations.acknowledgeAlert, async ({ request, params }) =>
    toWire(await alerts.acknowledge(viewerOf(request), params.alert_id)),
  );
}

/** Alerts are for people and services with a role; no agent reaches these routes. */
function viewerOf(request: FastifyRequest): PrincipalCaller {
  const caller = callerOf(request);
  if (caller.kind !== 'principal') throw new Error('an agent reached the alerts');
  return caller;
}

// http/resources/retention.ts: legal holds, erasure, and what is past its time. A hold's scope is data: its names are the wire's.
import { operations } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';

import type { LegalHoldView } from '../../admin/legal-holds.ts';
import { actorOf, changeOptions, principalOf } from '../change.ts';
import type { HttpContext } from '../context.ts';
import { serve } from '../route.ts';
import { fromWire, pageToWire, toWire } from '../wire.ts';

export function registerRetention(app: FastifyInstance, { admin }: HttpContext): void {
  const { legalHolds, retention } = admin;
  serve(app, operations.getRetention, async () => toWire(await retention.status()));
  serve(app, operations.listRetainedPurchases, async ({ query }) =>
    pageToWire(await retention.purchases(query)),
  );
  serve(app, operations.eraseText, async (call) =>
    toWire(await retention.erase(actorOf(call.request), fromWire(call.body), changeOptions(call))),
  );
  serve(app, operations.placeLegalHold, async (call) =>
    presentHold(await legalHolds.place(principalOf(call.request), call.body, changeOptions(call))),
  );
  serve(app, operations.listLegalHolds, async ({ query }) => {
    const page = await legalHolds.list(query);
    return { data: page.items.map(presentHold), next_cursor: page.nextCursor };
  });
  serve(app, operations.getLegalHold, async ({ params }) =>
    presentHold(await legalHolds.get(params.hold_id)),
  );
  serve(app, operations.releaseLegalHold, async (call) => {
    const { hold_id: holdId } = call.params;
    return presentHold(
      await legalHolds.release(principalOf(call.request), holdId, call.body.reason, changeOptions(call)),
    );
  });
}

function presentHold({ scope, ...hold }: LegalHoldView): object {
  return { ...(toWire(hold) as object), scope };
}

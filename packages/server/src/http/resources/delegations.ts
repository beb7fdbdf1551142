// http/resources/delegations.ts: whose signature another approver may give, between two instants.
import { operations } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';

import { actorOf, changeOptions } from '../change.ts';
import type { HttpContext } from '../context.ts';
import { serve } from '../route.ts';
import { pageToWire, toWire } from '../wire.ts';

export function registerDelegations(app: FastifyInstance, { admin: { delegations } }: HttpContext): void {
  serve(app, operations.createDelegation, async (call) => {
    const { delegate_id: delegateId, ...given } = call.body;
    const input = { ...given, delegateId, principalId: call.params.approver_id };
    return toWire(await delegations.create(actorOf(call.request), input, changeOptions(call)));
  });

  serve(app, operations.listDelegations, async ({ params, query }) =>
    pageToWire(await delegations.list(params.approver_id, query)),
  );

  serve(app, operations.revokeDelegation, async (call) => {
    const { approver_id: principalId, delegation_id: delegationId } = call.params;
    const which = { principalId, delegationId };
    return toWire(await delegations.revoke(actorOf(call.request), which, changeOptions(call)));
  });
}

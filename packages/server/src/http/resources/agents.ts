// http/resources/agents.ts: agents and their keys.
import { operations } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';

import { actorOf, changeOptions } from '../change.ts';
import type { HttpContext } from '../context.ts';
import { serve } from '../route.ts';
import { fromWire, pageToWire, toWire } from '../wire.ts';

export function registerAgents(app: FastifyInstance, { admin }: HttpContext): void {
  const { agents, keys } = admin;
  serve(app, operations.createAgent, async (call) =>
    toWire(await agents.create(actorOf(call.request), fromWire(call.body), changeOptions(call))),
  );
  serve(app, operations.listAgents, async ({ query }) => pageToWire(await agents.list(query)));
  serve(app, operations.getAgent, async ({ params }) => toWire(await agents.get(params.agent_id)));
  serve(app, operations.updateAgent, async (call) => {
    const update = fromWire(call.body);
    return toWire(
      await agents.update(actorOf(call.request), call.params.agent_id, update, changeOptions(call)),
    );
  });
  serve(app, operations.suspendAgent, async (call) => {
    const { agent_id } = call.params;
    return toWire(
      await agents.suspend(actorOf(call.request), agent_id, call.body.reason ?? null, changeOptions(call)),
    );
  });
  serve(app, operations.resumeAgent, async (call) =>
    toWire(await agents.resume(actorOf(call.request), call.params.agent_id, changeOptions(call))),
  );
  serve(app, operations.createAgentKey, async (call) => {
    const agentId = paramOf(call.params, 'agent_id');
    return toWire(await keys.create(actorOf(call.request), { agentId }, changeOptions(call)));
  });
  serve(app, operations.listAgentKeys, async ({ params, query }) => {
    const agentId = paramOf(params, 'agent_id');
    await agents.get(agentId);
    return pageToWire(await keys.list({ ...query, agentId }));
  });
}

/** A parameter whose name differs from one collection to the next, so that its type is lost. */
export function paramOf(params: object, name: string): string {
  const value: unknown = Reflect.get(params, name);
  if (typeof value !== 'string') throw new Error(`the route has no ${name}`);
  return value;
}

// http/resources/projects.ts: projects and their programmes.
import { operations } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';

import { actorOf, changeOptions } from '../change.ts';
import type { HttpContext } from '../context.ts';
import { serve } from '../route.ts';
import { fromWire, pageToWire, toWire } from '../wire.ts';

export function registerProjects(app: FastifyInstance, { admin }: HttpContext): void {
  const { projects } = admin;
  serve(app, operations.putProject, async (call) => {
    const input = { ...fromWire(call.body), projectId: call.params.project_id };
    return toWire(await projects.put(actorOf(call.request), input, changeOptions(call)));
  });
  serve(app, operations.listProjects, async ({ query }) => pageToWire(await projects.list(query)));
  serve(app, operations.getProject, async ({ params }) => toWire(await projects.get(params.project_id)));
}

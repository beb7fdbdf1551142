// http/resources/settings.ts: what the installation as a whole is set to. Its names are the wire's already.
import { operations } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';

import { actorOf, changeOptions } from '../change.ts';
import type { HttpContext } from '../context.ts';
import { serve } from '../route.ts';

export function registerSettings(app: FastifyInstance, { admin }: HttpContext): void {
  serve(app, operations.getSettings, () => admin.settings.get());
  serve(app, operations.updateSettings, (call) =>
    admin.settings.update(actorOf(call.request), call.body, changeOptions(call)),
  );
}

// http/resources/keys.ts: ending and replacing API keys, whoever holds them.
import { operations } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';

import { actorOf, changeOptions } from '../change.ts';
import type { HttpContext } from '../context.ts';
import { serve } from '../route.ts';
import { toWire } from '../wire.ts';

export function registerKeys(app: FastifyInstance, { admin }: HttpContext): void {
  serve(app, operations.revokeKey, async (call) =>
    toWire(await admin.keys.revoke(actorOf(call.request), call.params.key_id, changeOptions(call))),
  );
  serve(app, operations.rotateKey, async (call) => {
    const rotation = { overlapSeconds: call.body.overlap_seconds ?? 0 };
    return toWire(
      await admin.keys.rotate(actorOf(call.request), call.params.key_id, rotation, changeOptions(call)),
    );
  });
}

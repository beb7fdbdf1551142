// http/change.ts: what every change of the configuration hands to the control plane: who asks, and its idempotency key.
import type { FastifyReply, FastifyRequest } from 'fastify';

import type { Actor, ChangeOptions } from '../admin/apply-change.ts';
import { callerOf, type Idempotency } from './route.ts';

/** Only people and services with a role reach the control plane: its routes are for operators. */
export function actorOf(request: FastifyRequest): Actor {
  const caller = callerOf(request);
  if (caller.kind !== 'principal') throw new Error('an agent reached the control plane');
  return caller;
}

export function changeOptions(call: {
  readonly reply: FastifyReply;
  readonly idempotency: Idempotency | null;
}): ChangeOptions {
  return {
    idempotency: call.idempotency ?? undefined,
    onReplay: () => void call.reply.header('idempotent-replayed', 'true'),
  };
}

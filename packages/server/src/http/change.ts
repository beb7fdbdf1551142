// http/change.ts: what every change of the configuration hands to the control plane: who asks, its idempotency key, and
// how it may take effect.
import type { FastifyReply, FastifyRequest } from 'fastify';

import type { Actor, ChangeOptions } from '../admin/apply-change.ts';
import type { ChangeControl } from '../admin/change-control.ts';
import type { PrincipalCaller } from '../record/caller.ts';
import { callerOf, type Idempotency } from './route.ts';

/** Only people and services with a role reach the control plane: its routes are for operators. */
export function actorOf(request: FastifyRequest): Actor {
  return principalOf(request);
}

export function principalOf(request: FastifyRequest): PrincipalCaller {
  const caller = callerOf(request);
  if (caller.kind !== 'principal') throw new Error('an agent reached the control plane');
  return caller;
}

export function changeOptions(call: {
  readonly reply: FastifyReply;
  readonly idempotency: Idempotency | null;
  readonly control: ChangeControl | undefined;
}): ChangeOptions {
  return {
    idempotency: call.idempotency ?? undefined,
    control: call.control,
    onReplay: () => void call.reply.header('idempotent-replayed', 'true'),
    onEmergency: (changeId) => void call.reply.header('emergency-change-id', changeId),
  };
}

// http/authenticate.ts: whom a key speaks for, and whether that may call an operation. Deny by default.
// A key is found by its SHA-256, so how long a look-up takes says nothing about the key; only the hash is ever compared.
import type { Access } from '@countersign/contract';
import type { FastifyRequest } from 'fastify';

import { hexHashOfApiKey, parseApiKey } from '../admin/api-key.ts';
import type { Configuration, KeyHolder } from '../gate/configuration.ts';
import type { AgentCaller, PrincipalCaller } from '../record/caller.ts';
import { ProblemError } from './problem.ts';

/** Whoever can send a request: the gateway itself cannot. */
export type HttpCaller = AgentCaller | PrincipalCaller;

export interface AuthenticationContext {
  readonly configuration: { readonly current: Configuration; fresh(): Promise<Configuration> };
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const KEY_LENGTH_MAX = 512;

/**
 * The caller of a request. `viaGate`: the gate looks at the key again under its lock, so what is cached will do; for
 * everything else a revocation made through another gateway must be seen here. A promise only where the database is asked.
 */
export function authenticate(
  request: FastifyRequest,
  { configuration, now }: AuthenticationContext,
  { viaGate }: { readonly viaGate: boolean },
): HttpCaller | Promise<HttpCaller> {
  const key = keyOf(request);
  const hash = hexHashOfApiKey(key);
  const cached = viaGate ? configuration.current.callers.get(hash) : undefined;
  if (cached !== undefined) return callerOfHolder(cached, now());
  return configuration.fresh().then(({ callers }) => {
    const holder = callers.get(hash);
    if (holder === undefined) throw new ProblemError('unauthenticated', whyUnknown(key));
    return callerOfHolder(holder, now());
  });
}

function callerOfHolder(holder: KeyHolder, nowMs: number): HttpCaller {
  if (holder.expiresAtMs !== null && holder.expiresAtMs <= nowMs) {
    throw new ProblemError('key_expired', 'This API key has expired.');
  }
  if (holder.caller.kind === 'system') throw new Error('a key never speaks for the gateway itself');
  return holder.caller;
}

/** @throws ProblemError `forbidden` */
export function authorize(caller: HttpCaller, allow: readonly Access[]): void {
  if (rolesOf(caller).some((role) => allow.includes(role))) return;
  const needed = allow.map((role) => `\`${role}\``).join(', ');
  throw new ProblemError('forbidden', `This needs the key of one of: ${needed}.`);
}

export function rolesOf(caller: HttpCaller): readonly Exclude<Access, 'public'>[] {
  return caller.kind === 'agent' ? AGENT_ROLES : caller.roles;
}

const AGENT_ROLES = ['agent'] as const;

function keyOf(request: FastifyRequest): string {
  const { authorization, 'x-api-key': header } = request.headers;
  const bearer = authorization === undefined ? undefined : /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
  if (authorization !== undefined && bearer === undefined) {
    throw new ProblemError('unauthenticated', 'Send `Authorization: Bearer <key>`.');
  }
  const given = typeof header === 'string' ? header : undefined;
  if (bearer !== undefined && given !== undefined && bearer !== given) {
    throw new ProblemError('unauthenticated', 'Two different keys were sent.');
  }
  const key = bearer ?? given;
  if (key === undefined || key === '' || key.length > KEY_LENGTH_MAX) {
    throw new ProblemError('unauthenticated', 'Send `Authorization: Bearer <key>` or `X-API-Key: <key>`.');
  }
  return key;
}

function whyUnknown(key: string): string {
  const parsed = parseApiKey(key);
  const isMistyped = !parsed.ok && parsed.reason === 'checksum_mismatch';
  return isMistyped
    ? 'This API key is mistyped: its checksum does not fit.'
    : 'This API key is not known, or was revoked.';
}

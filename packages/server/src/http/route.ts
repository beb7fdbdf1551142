// http/route.ts: turns an operation of the contract into a route: who may call it, what it checks, how it answers.
// Every route is made here; server.ts refuses to start with one that does not say who may call it.
import { hash } from 'node:crypto';

import {
  type Access,
  type BodyOf,
  changeKindOf,
  type OperationShape,
  type ParamsOf,
  type QueryOf,
} from '@countersign/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { ChangeControl } from '../admin/change-control.ts';
import type { HttpCaller } from './authenticate.ts';
import {
  type ChangeHandler,
  answerChange,
  controlOf,
  keepChangeHandler,
  requestOf,
} from './change-request.ts';
import { ProblemError, notFound } from './problem.ts';
import { bodyValidator, hasUnusableText, problemOfErrors, textValidator } from './validation.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Roles that may call the route; a route without is refused at start-up. */
    allow?: readonly Access[];
    /** The gate looks at the key again under its lock. */
    viaGate?: boolean;
  }
  interface FastifyRequest {
    /** null on public routes. */
    caller: HttpCaller | null;
  }
}

export interface Idempotency {
  readonly key: string;
  readonly bodyHash: Buffer;
}

export interface Call<O extends OperationShape> {
  readonly body: BodyOf<O>;
  readonly query: QueryOf<O>;
  readonly params: ParamsOf<O>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Of the `Idempotency-Key` header; null without one. */
  readonly idempotency: Idempotency | null;
  /** How what it changes may take effect; undefined where it is no change of the configuration. */
  readonly control: ChangeControl | undefined;
}

export interface ServeOptions {
  readonly viaGate?: boolean;
  /** Settings may open an operation to everybody. */
  readonly allow?: readonly Access[];
  /** Bytes a body may have; left out: as any other. */
  readonly bodyBytesMax?: number;
}

/** The handler returns what is answered: an object becomes JSON, a text or bytes are sent as they are. */
export function serve<O extends OperationShape>(
  app: FastifyInstance,
  operation: O,
  handler: (call: Call<O>) => Promise<unknown>,
  options: ServeOptions = {},
): void {
  const check = checksOf(operation);
  const kind = changeKindOf(operation) ?? 'none';
  // The schemas that were just checked are those the types are made of.
  const handle = handler as unknown as ChangeHandler<CheckedCall>;
  if (kind === 'controlled' || kind === 'always_reviewed') {
    keepChangeHandler(app, operation.operationId, (sent) => {
      const call = check(requestOf(sent), sent.reply);
      return handle({ ...call, control: sent.control, idempotency: sent.idempotency });
    });
  }
  app.route({
    method: operation.method,
    url: urlOf(operation.path),
    config: { allow: options.allow ?? operation.allow, viaGate: options.viaGate ?? false },
    ...(options.bodyBytesMax === undefined ? {} : { bodyLimit: options.bodyBytesMax }),
    handler: (request, reply) => {
      const call = check(request, reply);
      reply.status(operation.status);
      if (kind === 'none') return handle(call);
      const control = controlOf(kind, operation.operationId, request);
      return answerChange(handle({ ...call, control }), reply);
    },
  });
}

/** Who called; only for operations that are not public. */
export function callerOf(request: FastifyRequest): HttpCaller {
  if (request.caller === null) throw new Error('a public operation asked who called it');
  return request.caller;
}

/** The agent whose things alone the caller may see; null: it may see everybody's. */
export function agentScope(request: FastifyRequest): string | null {
  const caller = callerOf(request);
  return caller.kind === 'agent' ? caller.agentId : null;
}

/** A call before its types are known. */
type CheckedCall = { readonly [Name in keyof Call<OperationShape>]: unknown };

function checksOf(operation: OperationShape): (request: FastifyRequest, reply: FastifyReply) => CheckedCall {
  const checkBody =
    operation.body === undefined || operation.bodyCheckedByReader === true
      ? null
      : bodyValidator(operation.body);
  const checkQuery = textValidator(operation.query ?? { type: 'object' });
  const checkParams = operation.params === undefined ? null : textValidator(operation.params);
  return (request, reply) => {
    const query = { ...(request.query as Record<string, unknown>) }; // as Fastify's parser gives it
    const unusable = hasUnusableText(query);
    if (unusable !== null) {
      const message = 'A text contains a control character.';
      throw problemOfErrors([{ field: unusable, code: 'control_character', message }]);
    }
    checkQuery(query);
    const params = paramsOf(request, checkParams);
    const body = bodyOf(operation, request.body);
    if (body !== undefined) checkBody?.(body);
    const idempotency = idempotencyOf(request, body);
    return { body, query, params, request, reply, idempotency, control: undefined };
  };
}

/** What cannot be an id is not the id of anything. */
function paramsOf(
  request: FastifyRequest,
  check: ((value: unknown) => void) | null,
): Record<string, unknown> {
  if (check === null) return {};
  const { '*': rest, ...named } = request.params as Record<string, unknown>; // as Fastify's router gives it
  const params = rest === undefined ? named : { ...named, index: rest };
  if (hasUnusableText(params) !== null) throw notFound();
  try {
    check(params);
  } catch {
    throw notFound();
  }
  return params;
}

function bodyOf(operation: OperationShape, body: unknown): unknown {
  const isGiven = body !== undefined && body !== null;
  if (operation.body === undefined) {
    const names = isGiven && typeof body === 'object' ? Object.keys(body) : [];
    if (names.length === 0 && (!isGiven || typeof body === 'object')) return undefined;
    const errors = names.map((field) => ({
      field,
      code: 'unknown_field',
      message: `\`${field}\` is not a field here.`,
    }));
    throw problemOfErrors(
      errors.length > 0 ? errors : [{ field: '', code: 'unknown_field', message: 'No body is expected.' }],
    );
  }
  if (body !== undefined) return body;
  if (operation.bodyOptional === true) return {};
  if (operation.method === 'GET') return undefined;
  throw new ProblemError('body_required', 'Send a JSON object with `Content-Type: application/json`.');
}

function idempotencyOf(request: FastifyRequest, body: unknown): Idempotency | null {
  const key = request.headers['idempotency-key'];
  if (key === undefined || request.method === 'GET') return null;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    const message = 'An idempotency key has 1 to 255 visible ASCII characters and no space.';
    throw problemOfErrors([{ field: 'Idempotency-Key', code: 'invalid_format', message }]);
  }
  return { key, bodyHash: hashOfBody(body) };
}

/** SHA-256 of the body, whatever the order of its names. */
export function hashOfBody(body: unknown): Buffer {
  return hash('sha256', JSON.stringify(sorted(body ?? null)), 'buffer');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Readonly<Record<string, unknown>>; // parsed: its names are data, `__proto__` is none of them
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(fields).sort()) copy[name] = sorted(fields[name]);
  return copy;
}

/** `{request_id}` as the router writes it; a tile's index contains slashes. */
export function urlOf(path: string): string {
  return path.replace(/\{index\}$/, '*').replaceAll(/\{([a-z_]+)\}/g, ':$1');
}

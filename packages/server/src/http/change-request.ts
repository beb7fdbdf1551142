// http/change-request.ts: change control at the edge: what is kept of a request that changes the configuration, so that it
// can be sent again when a second person has approved it, and the answer of one that waits. Decides nothing.
import type { ChangeKind } from '@countersign/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { type ChangeControl, type ChangeInput, PendingReview } from '../admin/change-control.ts';
import type { HttpCaller } from './authenticate.ts';
import { presentChange } from './present-change.ts';
import { problemOfErrors } from './validation.ts';

export type ChangeHandler<Call> = (call: Call) => Promise<unknown>;

/** A request that is sent again. */
export interface SentAgain {
  readonly input: ChangeInput;
  /** Whose change it is. */
  readonly caller: HttpCaller;
  readonly control: ChangeControl;
  /** Of whoever sends it again. */
  readonly idempotency: { readonly key: string; readonly bodyHash: Buffer } | null;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

type SendAgain = (sent: SentAgain) => Promise<unknown>;

declare module 'fastify' {
  interface FastifyInstance {
    /** By operation: what may be sent again. */
    changeHandlers?: Map<string, SendAgain>;
  }
}

export function keepChangeHandler(app: FastifyInstance, operationId: string, send: SendAgain): void {
  if (app.changeHandlers === undefined) app.decorate('changeHandlers', new Map<string, SendAgain>());
  app.changeHandlers?.set(operationId, send);
}

/** The request of a draft, as if its author sent it now: it is checked again like any other. */
export function requestOf({ input, caller, request }: SentAgain): FastifyRequest {
  const { 'content-type': _, ...headers } = request.headers;
  const contentType = input.contentType === null ? {} : { 'content-type': input.contentType };
  const own = {
    caller: { value: caller },
    params: { value: input.params },
    query: { value: input.query },
    body: { value: input.body ?? undefined },
    headers: { value: { ...headers, ...contentType } },
  };
  return Object.create(request, own) as FastifyRequest; // everything else is the request that sends it again
}

const REASON_LENGTH_MIN = 10;
const REASON_LENGTH_MAX = 500;

export function controlOf(
  kind: Exclude<ChangeKind, 'none'>,
  operationId: string,
  request: FastifyRequest,
): ChangeControl {
  if (kind === 'immediate') return { kind: 'immediate' };
  const { params, query, body, headers } = request;
  const contentType = headers['content-type'] ?? null;
  const input = { operation: operationId, params, query, body: body ?? null, contentType };
  const alwaysReviewed = kind === 'always_reviewed';
  return { kind: 'asked', input, emergency: emergencyReasonOf(headers['emergency-reason']), alwaysReviewed };
}

/** A header, since bodies are documents of their own; beyond ASCII it is percent-encoded UTF-8. */
function emergencyReasonOf(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  const text = typeof header === 'string' ? decoded(header)?.trim() : undefined;
  const isUsable =
    text !== undefined &&
    text.length >= REASON_LENGTH_MIN &&
    text.length <= REASON_LENGTH_MAX &&
    !/\p{Cc}|\p{Cs}/u.test(text);
  if (isUsable) return text;
  const message = `A reason has ${REASON_LENGTH_MIN} to ${REASON_LENGTH_MAX} characters; beyond ASCII they are percent-encoded UTF-8.`;
  throw problemOfErrors([{ field: 'Emergency-Reason', code: 'invalid_format', message }]);
}

function decoded(header: string): string | undefined {
  if (!/^[\x20-\x7e]*$/.test(header)) return undefined;
  try {
    return decodeURIComponent(header);
  } catch {
    return header; // a per cent sign that encodes nothing is one
  }
}

/** 202 with the draft, where the change waits for a second person. */
export async function answerChange(answer: Promise<unknown>, reply: FastifyReply): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof PendingReview)) throw error;
    void reply.status(202);
    return presentChange(error.change);
  }
}

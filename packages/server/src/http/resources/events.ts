// http/resources/events.ts: the event stream, which is the log: an event's id is its leaf index, so a client that
// reconnects with the last id it saw misses nothing. An agent sees what is about its own requests and checks.
import { operations } from '@countersign/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { eventJson } from '../../record/event-data.ts';
import { listEvents } from '../../record/list-events.ts';
import type { HttpContext } from '../context.ts';
import { agentScope, serve } from '../route.ts';

const HEARTBEAT_MS = 15_000;
const PAGE_SIZE = 100;

export function registerEvents(app: FastifyInstance, context: HttpContext, closing: AbortSignal): void {
  serve(app, operations.streamEvents, async ({ query, request, reply }) => {
    const types = query.types === undefined ? null : query.types.split(',').map((type) => type.trim());
    const agentId = agentScope(request);
    if (wantsJson(request)) {
      const after = query.after ?? lastSeen(request) ?? -1;
      const wanted = { after, types, agentId, limit: query.limit ?? PAGE_SIZE };
      const { events, scannedTo } = await listEvents(context.pool, wanted);
      const data = events.map(eventJson).join(',');
      return reply
        .type('application/json; charset=utf-8')
        .send(`{"data":[${data}],"next_after":${scannedTo}}`);
    }
    // A browser that reconnects sends the address it began with and the last id it saw: the id counts.
    const after = lastSeen(request) ?? query.after ?? null;
    await stream(context, { reply, request, closing, after, types, agentId });
    return reply;
  });
}

interface Stream {
  readonly reply: FastifyReply;
  readonly request: FastifyRequest;
  readonly closing: AbortSignal;
  /** null: from now on. */
  readonly after: number | null;
  readonly types: readonly string[] | null;
  readonly agentId: string | null;
}

async function stream(
  { events, log }: HttpContext,
  { reply, request, closing, after, types, agentId }: Stream,
): Promise<void> {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
    'x-request-id': request.id,
  });
  raw.write(': open\n\n');
  const heartbeat = setInterval(() => raw.write(': still here\n\n'), HEARTBEAT_MS);
  const signal = AbortSignal.any([gone.signal, closing]);
  try {
    const subscription = {
      after,
      signal,
      ...(types === null ? {} : { types }),
      ...(agentId === null ? {} : { agentId }),
    };
    for await (const event of events.subscribe(subscription)) {
      const text = `id: ${event.id}\nevent: ${event.type}\ndata: ${eventJson(event)}\n\n`;
      if (!raw.write(text)) await drained(raw, signal);
    }
  } catch (error) {
    // The answer has begun: all that is left is to end it, and the client comes back with its last id.
    log.warn({ err: error, request_id: request.id }, 'an event stream ended early');
  } finally {
    clearInterval(heartbeat);
    raw.end();
  }
}

function drained(raw: NodeJS.WritableStream, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const proceed = (): void => {
      raw.removeListener('drain', proceed);
      signal.removeEventListener('abort', proceed);
      resolve();
    };
    raw.once('drain', proceed);
    signal.addEventListener('abort', proceed, { once: true });
    if (signal.aborted) proceed();
  });
}

function wantsJson(request: FastifyRequest): boolean {
  const accept = request.headers.accept ?? '';
  return accept.includes('application/json') && !accept.includes('text/event-stream');
}

function lastSeen(request: FastifyRequest): number | null {
  const header = request.headers['last-event-id'];
  return typeof header === 'string' && /^[0-9]{1,15}$/.test(header) ? Number(header) : null;
}

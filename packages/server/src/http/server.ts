// http/server.ts: puts the HTTP surface together: parsing, keys, problems, headers, logging, shutdown, and the routes.
// Must not decide anything: it asks the gate, the control plane and the record.
import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';

import type { Access } from '@countersign/contract';
import Fastify, {
  LogController,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';

import { type HttpCaller, authenticate, authorize } from './authenticate.ts';
import type { HttpContext } from './context.ts';
import { ProblemError, problemOf, retryAfterSeconds } from './problem.ts';
import { registerRoutes } from './routes.ts';
import { parseStrictJson } from './strict-json.ts';
import { hasUnusableText } from './validation.ts';

/** A route as it was registered: for whoever checks the table of rights. */
export interface ServedRoute {
  readonly method: string;
  readonly url: string;
  readonly allow: readonly Access[];
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly served: readonly ServedRoute[];
  }
}

const BODY_BYTES_MAX = 1_048_576;
/** Milliseconds a client may take to send its request. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Milliseconds between two looks for connections to close, while the server closes. */
const IDLE_SWEEP_MS = 20;
/** Milliseconds an unused connection is kept. */
const KEEP_ALIVE_MS = 65_000;

/** The server, with its routes, not yet listening. `close()` ends long polls and streams, then waits for the rest. */
export async function createHttpServer(context: HttpContext): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: context.log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 256, ignoreTrailingSlash: false, caseSensitive: true },
    frameworkErrors: (error, request, reply) => answerProblem(error, request, reply),
  }) as unknown as FastifyInstance; // with the plain logger type, which is all that the routes use
  const closing = new AbortController();
  app.decorateRequest('caller', null);
  parseBodies(app);
  refuseUndeclaredRoutes(app);
  identifyCallers(app, context);
  watchAnswers(app, context);
  app.setErrorHandler(answerProblem);
  app.setNotFoundHandler((request, reply) =>
    answerProblem(new ProblemError('not_found', 'There is nothing at this address.'), request, reply),
  );
  endWithServer(app, closing);
  registerRoutes(app, context, closing.signal);
  await app.ready();
  return app;
}

/** Ends long polls and streams, and closes each connection as its last answer is out: kept ones would delay the end. */
function endWithServer(app: FastifyInstance, closing: AbortController): void {
  app.addHook('preClose', async () => {
    closing.abort();
    const { server } = app;
    if (!server.listening) return;
    const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
    server.once('close', () => clearInterval(sweep));
  });
}

function parseBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parsedBody(body as Buffer)); // asked for as a buffer
    } catch (error) {
      done(error as Error);
    }
  });
  app.addContentTypeParser('text/csv', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parsedCsv(body as Buffer)); // asked for as a buffer
    } catch (error) {
      done(error as Error);
    }
  });
}

/** A spreadsheet's file, where one is read: as if it were sent as `{"csv": "..."}`. */
function parsedCsv(bytes: Buffer): { csv: string } {
  if (!isUtf8(bytes)) throw new ProblemError('invalid_utf8', 'The body is not UTF-8.');
  const csv = withPlainLineEnds(bytes.toString('utf8'));
  if (hasUnusableText({ csv }) === null) return { csv };
  const message = 'The file contains a control character other than tab and line ends.';
  throw new ProblemError('control_character', message, { field: 'csv' });
}

/** Members of a body that hold a table as a spreadsheet writes it. */
const TABLES: ReadonlySet<string> = new Set(['csv', 'rows_csv', 'tiers_csv']);

/** Past this point there is no carriage return in any text. */
function withPlainLineEnds(csv: string): string {
  return csv.replaceAll('\r\n', '\n').replaceAll('\r', '\n');
}

/** undefined: there is none. */
function parsedBody(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  if (!isUtf8(bytes)) throw new ProblemError('invalid_utf8', 'The body is not UTF-8.');
  const body = parseStrictJson(bytes.toString('utf8'), TABLES);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  for (const name of TABLES) {
    const table = body[name];
    if (typeof table === 'string') body[name] = withPlainLineEnds(table);
  }
  return body;
}

/** Deny by default: a route that does not say who may call it stops the start. */
export function refuseUndeclaredRoutes(app: FastifyInstance): void {
  const served: ServedRoute[] = [];
  app.decorate('served', served);
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.allow === undefined || config.allow.length === 0) {
      throw new Error(`${String(method)} ${url} does not say who may call it`);
    }
    served.push({ method: String(method), url, allow: config.allow });
  });
}

/** Hooks call back where they can: a promise for each would be made and waited for with every request. */
function identifyCallers(app: FastifyInstance, context: HttpContext): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { allow, viaGate } = request.routeOptions.config;
    if (allow === undefined || allow.includes('public')) {
      done();
      return;
    }
    const caller = authenticate(request, context, { viaGate: viaGate === true });
    if (caller instanceof Promise) {
      caller.then((found) => admit(request, found, allow)).then(() => done(), done);
      return;
    }
    admit(request, caller, allow);
    done();
  });
}

function admit(request: FastifyRequest, caller: HttpCaller, allow: readonly Access[]): void {
  request.caller = caller;
  authorize(caller, allow);
}

function watchAnswers(app: FastifyInstance, { metrics, log }: HttpContext): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    reply.header('x-request-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('referrer-policy', 'no-referrer');
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    if (!reply.hasHeader('content-security-policy')) {
      reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
    }
    done(null, payload);
  });
  app.addHook('onResponse', (request, reply, done) => {
    // The route's pattern, never the address: that may hold what somebody typed.
    const route = request.routeOptions.url ?? 'unmatched';
    const { method } = request;
    const status = reply.statusCode;
    metrics.answered({ method, route, status, seconds: reply.elapsedTime / 1000 });
    const caller = request.caller === null ? undefined : request.caller.keyId;
    log.debug(
      { request_id: request.id, method, route, status, ms: Math.round(reply.elapsedTime), key_id: caller },
      'answered',
    );
    done();
  });
}

function answerProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error, request.id);
  if (problem.code === 'internal') {
    request.log.error({ err: error, request_id: request.id }, 'a request failed');
  } else if (problem.status >= 500) {
    request.log.warn({ code: problem.code, request_id: request.id }, 'a request could not be served');
  }
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="countersign"');
  const retryAfter = retryAfterSeconds(error, problem.code);
  if (retryAfter !== null) reply.header('retry-after', String(retryAfter));
  // As bytes: to a text, Fastify would add a charset, which the media type does not have (RFC 9457 section 3).
  void reply
    .status(problem.status)
    .type('application/problem+json')
    .send(Buffer.from(JSON.stringify(problem)));
}

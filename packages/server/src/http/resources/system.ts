// http/resources/system.ts: health, metrics, and the API's description, as JSON and as a page.
import { createHash } from 'node:crypto';

import { openApiDocument, operations } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';

import type { HttpContext } from '../context.ts';
import { DOCS_STYLE, docsPage } from '../docs-page.ts';
import { ProblemError } from '../problem.ts';
import { serve } from '../route.ts';

export function registerSystem(app: FastifyInstance, context: HttpContext, closing: AbortSignal): void {
  const { metrics, settings } = context;
  serve(app, operations.getHealth, async () => ({ status: 'ok' }));
  serve(app, operations.getReadiness, async () => {
    if (closing.aborted) throw new ProblemError('shutting_down', 'This gateway is shutting down.');
    try {
      await context.checkReady();
    } catch (error) {
      context.log.warn({ err: error }, 'not ready');
      throw new ProblemError('ledger_unavailable', 'The ledger does not answer.');
    }
    return { status: 'ready' };
  });
  serve(
    app,
    operations.getMetrics,
    async ({ reply }) => reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
    settings.publicMetrics ? { allow: ['public'] } : {},
  );

  const document = openApiDocument();
  const json = `${JSON.stringify(document, null, 2)}\n`;
  const page = docsPage(document);
  const style = createHash('sha256').update(DOCS_STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  serve(app, operations.getOpenApi, async ({ reply }) =>
    reply.header('cache-control', 'no-cache').type('application/json; charset=utf-8').send(json),
  );
  serve(app, operations.getDocs, async ({ reply }) =>
    reply
      .header('cache-control', 'no-cache')
      .header('content-security-policy', policy)
      .type('text/html; charset=utf-8')
      .send(page),
  );
}

// http/resources/policies.ts: publishing and reading policies. The document goes through as it came: its reader checks it.
import { operations } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';

import type { PolicySummary } from '../../admin/policies.ts';
import { actorOf, changeOptions } from '../change.ts';
import type { HttpContext } from '../context.ts';
import { serve } from '../route.ts';
import { toWire } from '../wire.ts';

export function registerPolicies(app: FastifyInstance, { admin }: HttpContext): void {
  const { policies } = admin;
  serve(app, operations.publishPolicy, async (call) => {
    const { warnings, ...summary } = await policies.publish(
      actorOf(call.request),
      call.body,
      changeOptions(call),
    );
    return { ...presentPolicy(summary, call.body), warnings: warnings.map(toWire) };
  });
  serve(app, operations.listPolicies, async ({ query }) => {
    const page = await policies.list(query);
    return { data: page.items.map((summary) => presentPolicy(summary, {})), next_cursor: page.nextCursor };
  });
  serve(app, operations.getPolicy, async ({ params, query }) => {
    const { document, ...summary } = await policies.get(params.policy_id, query.version);
    return presentPolicy(summary, document);
  });
}

/** The document as it was accepted, and what was added to it. */
function presentPolicy(summary: PolicySummary, document: unknown): object {
  return { ...(document as object), ...(toWire(summary) as object) }; // an object: it was accepted as a policy
}

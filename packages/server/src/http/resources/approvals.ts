// http/resources/approvals.ts: what waits for humans, their answers, and how they answer.
import { operations } from '@countersign/contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';

import {
  type ApproverMetrics,
  type Asking,
  listSignable,
  noteView,
  readApproverMetrics,
  signableBy,
} from '../../gate/approval-reads.ts';
import { type ApprovalViewRow, listApprovalViews } from '../../gate/purchase-reads.ts';
import { principalOf } from '../change.ts';
import type { HttpContext } from '../context.ts';
import { presentApprovalWithRequest, presentDecidedApproval } from '../present-purchase.ts';
import { notFound } from '../problem.ts';
import { callerOf, serve } from '../route.ts';
import { problemOfErrors } from '../validation.ts';
import { accepted } from './purchase-requests.ts';

const PAGE_SIZE = 50;
/** Milliseconds that metrics look back when nothing is said of it. */
const METRICS_PERIOD_MS = 30 * 86_400_000;

export function registerApprovals(app: FastifyInstance, context: HttpContext): void {
  serveReading(app, context);
  serveDeciding(app, context);
  serveMetrics(app, context);
}

function serveReading(app: FastifyInstance, context: HttpContext): void {
  const { pool } = context;
  serve(app, operations.listApprovals, async ({ query, request }) => {
    const { status, agent_id: agentId, signable, cursor, limit = PAGE_SIZE } = query;
    const asking = await askingOf(request, context);
    if (signable === 'true') {
      if (status !== undefined && status !== 'pending') return { data: [], next_cursor: null };
      const page = await listSignable(pool, asking, { agentId, before: cursor, limit });
      return {
        data: page.rows.map(({ row, may }) => presentApprovalWithRequest(row, maySign(may))),
        next_cursor: page.next,
      };
    }
    const rows = await listApprovalViews(pool, { status, agentId, before: cursor, limit: limit + 1 });
    const page = rows.slice(0, limit);
    return {
      data: page.map((row) => presentFor(row, asking)),
      next_cursor: rows.length > limit ? (page.at(-1)?.approval_id ?? null) : null,
    };
  });

  serve(app, operations.getApproval, async ({ params, request }) => {
    const [row, asking] = [await found(context, params.approval_id), await askingOf(request, context)];
    // Evidence of how long it was looked at: what cannot be noted does not keep anybody from reading.
    await noteView(pool, row, asking).catch((error: unknown) => {
      context.log.warn({ approval_id: row.approval_id, err: error }, 'a look at an approval was not noted');
    });
    return presentFor(row, asking);
  });
}

function serveDeciding(app: FastifyInstance, context: HttpContext): void {
  const { gate } = context;
  serve(app, operations.approve, async ({ params, body, request, reply, idempotency }) => {
    const command = {
      kind: 'sign',
      approvalId: params.approval_id,
      step: body.step ?? null,
      onBehalfOf: body.on_behalf_of ?? null,
      authorizationReference: body.authorization_reference,
      comment: body.comment ?? null,
      idempotency,
    } as const;
    const { entry } = accepted(await gate.submit({ command, caller: callerOf(request) }), reply);
    return presentDecidedApproval(entry, await found(context, params.approval_id));
  });

  serve(app, operations.reject, async ({ params, body, request, reply, idempotency }) => {
    const approvalId = params.approval_id;
    const command = { kind: 'reject', approvalId, reason: body.reason, idempotency } as const;
    const { entry } = accepted(await gate.submit({ command, caller: callerOf(request) }), reply);
    return presentDecidedApproval(entry, await found(context, approvalId));
  });
}

function serveMetrics(app: FastifyInstance, context: HttpContext): void {
  serve(app, operations.readApprovalMetrics, async ({ query }) => {
    const nowMs = context.now();
    const untilMs = query.until === undefined ? nowMs + 1 : Date.parse(query.until);
    const fromMs = query.from === undefined ? untilMs - METRICS_PERIOD_MS : Date.parse(query.from);
    if (fromMs >= untilMs) {
      const message = 'The period must end after it begins.';
      throw problemOfErrors([{ field: 'until', code: 'empty_period', message }]);
    }
    const configuration = await context.configuration.fresh();
    const rows = await readApproverMetrics(
      context.pool,
      { configuration, nowMs },
      { fromMs, untilMs, approverId: query.approver_id ?? null },
    );
    return {
      from: new Date(fromMs).toISOString(),
      until: new Date(untilMs).toISOString(),
      data: rows.map(presentMetrics),
    };
  });
}

async function found({ pool }: HttpContext, approvalId: string): Promise<ApprovalViewRow> {
  const [row] = await listApprovalViews(pool, { approvalId, limit: 1 });
  if (row === undefined) throw notFound('There is no such approval.');
  return row;
}

async function askingOf(request: FastifyRequest, { configuration, now }: HttpContext): Promise<Asking> {
  return { person: principalOf(request), configuration: await configuration.fresh(), nowMs: now() };
}

/** With what whoever asks may sign of it, if they are an approver and it waits. */
function presentFor(row: ApprovalViewRow, asking: Asking) {
  const { people } = asking.configuration.signing;
  const isWaiting = row.status === 'pending' && people.has(asking.person.principalId);
  const may = isWaiting ? signableBy(row, asking) : null;
  return presentApprovalWithRequest(row, may === null ? null : maySign(may));
}

function maySign(may: NonNullable<ReturnType<typeof signableBy>>) {
  return { step: may.stepIndex, on_behalf_of: may.onBehalfOf, is_escalation: may.isEscalation };
}

function presentMetrics(row: ApproverMetrics) {
  const { decisions, approved, unopened } = row;
  const share = (part: number): number | null => (decisions === 0 ? null : rounded(part / decisions));
  return {
    approver_id: row.principal_id,
    decisions,
    approved,
    rejected: decisions - approved,
    on_behalf_of_others: row.on_behalf,
    approve_rate: share(approved),
    approvals_per_hour: {
      peak: row.peak,
      mean: row.active_hours === 0 ? null : rounded(approved / row.active_hours),
    },
    seconds_to_decide: { median: row.median_seconds, p10: row.p10_seconds },
    unopened_share: share(unopened),
    pending: row.pending,
    rubber_stamping: row.rubberStamping,
  };
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

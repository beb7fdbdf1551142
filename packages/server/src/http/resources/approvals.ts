// http/resources/approvals.ts: what waits for a human, and the human's answer.
import { operations } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';

import { type ApprovalViewRow, listApprovalViews } from '../../gate/purchase-reads.ts';
import type { HttpContext } from '../context.ts';
import { presentApprovalWithRequest, presentDecidedApproval } from '../present-purchase.ts';
import { notFound } from '../problem.ts';
import { callerOf, serve } from '../route.ts';
import { accepted } from './purchase-requests.ts';

const PAGE_SIZE = 50;

export function registerApprovals(app: FastifyInstance, { gate, pool }: HttpContext): void {
  const found = async (approvalId: string): Promise<ApprovalViewRow> => {
    const [row] = await listApprovalViews(pool, { approvalId, limit: 1 });
    if (row === undefined) throw notFound('There is no such approval.');
    return row;
  };

  serve(app, operations.listApprovals, async ({ query }) => {
    const { status, cursor, limit = PAGE_SIZE } = query;
    const rows = await listApprovalViews(pool, { status, before: cursor, limit: limit + 1 });
    const page = rows.slice(0, limit);
    return {
      data: page.map(presentApprovalWithRequest),
      next_cursor: rows.length > limit ? (page.at(-1)?.approval_id ?? null) : null,
    };
  });

  serve(app, operations.getApproval, async ({ params }) =>
    presentApprovalWithRequest(await found(params.approval_id)),
  );

  serve(app, operations.approve, async ({ params, body, request, reply, idempotency }) => {
    const command = {
      kind: 'sign',
      approvalId: params.approval_id,
      authorizationReference: body.authorization_reference,
      comment: body.comment ?? null,
      idempotency,
    } as const;
    const { entry } = accepted(await gate.submit({ command, caller: callerOf(request) }), reply);
    return presentDecidedApproval(entry, await found(params.approval_id));
  });

  serve(app, operations.reject, async ({ params, body, request, reply, idempotency }) => {
    const approvalId = params.approval_id;
    const command = { kind: 'reject', approvalId, reason: body.reason, idempotency } as const;
    const { entry } = accepted(await gate.submit({ command, caller: callerOf(request) }), reply);
    return presentDecidedApproval(entry, await found(approvalId));
  });
}

// http/resources/purchase-requests.ts: asking to buy, waiting for the answer, taking it back, and its receipts.
import { operations } from '@countersign/contract';
import { type CurrencyCode, formatAmount } from '@countersign/core';
import type { FastifyInstance, FastifyReply } from 'fastify';

import type { GateAnswer, RecordedEntry } from '../../gate/command.ts';
import {
  type PurchaseViewRow,
  type ReceiptViewRow,
  findPurchaseView,
  listPurchaseViews,
  listReceipts,
} from '../../gate/purchase-reads.ts';
import type { HttpContext } from '../context.ts';
import { parsedMoney } from '../parse-amounts.ts';
import { parsedPurchase } from '../parse-purchase.ts';
import { presentCancelled, presentOpened, presentPurchase } from '../present-purchase.ts';
import { ProblemError, notFound, refusedByGate } from '../problem.ts';
import { agentScope, callerOf, serve } from '../route.ts';

const PAGE_SIZE = 50;

export function registerPurchaseRequests(
  app: FastifyInstance,
  context: HttpContext,
  closing: AbortSignal,
): void {
  serveOpening(app, context);
  serveReading(app, context, closing);
  serveChanging(app, context);
}

function serveOpening(app: FastifyInstance, { gate, metrics }: HttpContext): void {
  serve(
    app,
    operations.openPurchase,
    async ({ body, request, reply, idempotency }) => {
      const caller = callerOf(request);
      refuseOtherAgent(agentScope(request), body.agent_id);
      const input = parsedPurchase(body);
      const answer = accepted(
        await gate.submit({ command: { kind: 'request', input, idempotency }, caller }),
        reply,
      );
      const shown = presentOpened(answer.entry, answer.privateText);
      if (!answer.replayed) metrics.decided('purchase', shown.status);
      return shown;
    },
    { viaGate: true },
  );
}

function serveReading(app: FastifyInstance, context: HttpContext, closing: AbortSignal): void {
  const { pool } = context;
  serve(app, operations.listPurchases, async ({ query, request }) => {
    const {
      status,
      checkout_status,
      agent_id,
      vendor,
      created_after,
      created_before,
      cursor,
      limit = PAGE_SIZE,
    } = query;
    const own = agentScope(request);
    const rows = await listPurchaseViews(pool, {
      agentId: own ?? agent_id,
      status,
      checkoutStatus: checkout_status,
      vendor,
      createdAfter: created_after === undefined ? undefined : new Date(created_after),
      createdBefore: created_before === undefined ? undefined : new Date(created_before),
      before: cursor,
      limit: limit + 1,
    });
    const page = own !== null && agent_id !== undefined && agent_id !== own ? [] : rows.slice(0, limit);
    const last = page.at(-1);
    return {
      data: page.map(presentPurchase),
      next_cursor: rows.length > limit && last !== undefined ? last.request_id : null,
    };
  });

  serve(app, operations.getPurchase, async ({ params, query, request }) => {
    const own = agentScope(request);
    const read = (): Promise<PurchaseViewRow> => seen(context, params.request_id, own);
    const waitSeconds = query.wait ?? 0;
    if (waitSeconds === 0) return presentPurchase(await read());
    const row = await context.events.waitUntil({
      subjectId: params.request_id,
      timeoutMs: waitSeconds * 1000,
      signal: closing,
      read,
      isReady: isAnswered,
    });
    return presentPurchase(row);
  });
}

function serveChanging(app: FastifyInstance, context: HttpContext): void {
  const { gate, pool } = context;
  serve(app, operations.cancelPurchase, async ({ params, body, request, reply, idempotency }) => {
    const own = agentScope(request);
    const requestId = params.request_id;
    await seen(context, requestId, own);
    const command = { kind: 'cancel', requestId, reason: body.reason ?? null, idempotency } as const;
    const { entry } = accepted(await gate.submit({ command, caller: callerOf(request) }), reply);
    return presentCancelled(entry, await seen(context, requestId, own));
  });

  serve(app, operations.attachReceipt, async ({ params, body, request, reply, idempotency }) => {
    await seen(context, params.request_id, agentScope(request));
    const money = parsedMoney(body.amount, body.currency);
    const command = {
      kind: 'receipt',
      requestId: params.request_id,
      vendor: body.vendor,
      ...money,
      sha256: body.sha256 ?? null,
      idempotency,
    } as const;
    const answer = accepted(await gate.submit({ command, caller: callerOf(request) }), reply);
    return presentAttached(answer.entry, body.vendor);
  });

  serve(app, operations.listReceipts, async ({ params, request }) => {
    await seen(context, params.request_id, agentScope(request));
    return { data: (await listReceipts(pool, params.request_id)).map(presentReceipt), next_cursor: null };
  });
}

/** Decided, and its instrument exists where it has one: `external` never has. */
function isAnswered(row: PurchaseViewRow): boolean {
  const { status, checkout } = presentPurchase(row);
  return status !== 'held' && checkout.status !== 'issuing';
}

/** The request, if the caller may see it: another agent's does not exist for an agent. */
async function seen({ pool }: HttpContext, requestId: string, own: string | null): Promise<PurchaseViewRow> {
  const row = await findPurchaseView(pool, requestId);
  if (row === undefined || (own !== null && row.agent_id !== own))
    throw notFound('There is no such request.');
  return row;
}

export function refuseOtherAgent(own: string | null, agentId: string): void {
  if (own === null || own === agentId) return;
  const message = '`agent_id` is not the agent of this key: a key acts for its own agent alone.';
  throw new ProblemError('agent_mismatch', message, {
    field: 'agent_id',
    errors: [{ field: 'agent_id', code: 'agent_mismatch', message }],
  });
}

/** What the gate did, marked where it did it before; or its refusal as a problem. */
export function accepted(answer: GateAnswer, reply: FastifyReply): Extract<GateAnswer, { ok: true }> {
  if (!answer.ok) throw refusedByGate(answer);
  if (answer.replayed) reply.header('idempotent-replayed', 'true');
  return answer;
}

/** `vendor`: as it was sent, and it was sent alike with every replay. The rest is from the entry. */
function presentAttached({ body, subjectId }: RecordedEntry, vendor: string) {
  const { detail, at } = body as unknown as { detail: RecordedReceipt; at: string }; // of core's attachReceipt
  return {
    receipt_id: detail.receipt_id,
    request_id: subjectId,
    vendor,
    amount: formatAmount(BigInt(detail.amount_minor), detail.currency as CurrencyCode), // parsed when it came
    currency: detail.currency,
    sha256: detail.sha256,
    flags: detail.flags,
    created_at: at,
  };
}

interface RecordedReceipt {
  readonly receipt_id: string;
  readonly amount_minor: string;
  readonly currency: string;
  readonly sha256: string | null;
  readonly flags: readonly string[];
}

function presentReceipt(row: ReceiptViewRow) {
  const document = row.document as {
    vendor: string;
    amount_minor: string;
    currency: string;
    sha256: string | null;
  }; // by the gate
  return {
    receipt_id: row.receipt_id,
    request_id: row.request_id,
    vendor: document.vendor,
    amount: formatAmount(BigInt(document.amount_minor), document.currency as CurrencyCode), // parsed when it came
    currency: document.currency,
    sha256: document.sha256,
    flags: row.flags,
    created_at: row.created_at.toISOString(),
  };
}

// record/event-data.ts: the one place that turns log entries into the events that leave Countersign: server-sent
// events and webhooks. Must not give out a decision's facts, which are for recomputing it, nor anything but the log
// and the purchase's own free text.
import { amountToJsonNumberLiteral, parseCurrency } from '@countersign/core';
import type { Pool } from 'pg';

import { queryRows } from '../db/query-rows.ts';
import { type PurchaseTextRow, findPurchaseTexts } from '../ledger/find-purchase-texts.ts';
import type { LogLeafRow } from '../ledger/read-log-leaves.ts';

export interface LogEvent {
  /** The leaf index: ids ascend without end, and name a place to resume from. */
  readonly id: number;
  readonly type: string;
  /** RFC 3339, UTC. */
  readonly timestamp: string;
  readonly subjectId: string;
  /** JSON text: `amount` of a completed purchase is a number with the currency's digits, which no JavaScript number keeps. */
  readonly dataJson: string;
}

/** What the recorder writes on every entry, and what a purchase's entry may have. */
interface EntryBody {
  readonly type: string;
  readonly at: string;
  readonly decision?: { readonly facts?: unknown };
  readonly checkout?: { readonly card_id?: string };
  readonly detail?: { readonly settled_minor?: string };
  readonly state?: { readonly status?: string; readonly approved_by?: string };
}

/** Events of sequenced entries, in the same order. */
export async function shapeEvents(pool: Pool, leaves: readonly LogLeafRow[]): Promise<LogEvent[]> {
  const bodies = leaves.map((leaf) => JSON.parse(leaf.body.toString('utf8')) as EntryBody);
  const completed = leaves.flatMap((leaf, index) =>
    bodies[index]?.type === 'purchase.completed' ? [leaf.subject_id] : [],
  );
  const texts = new Map<string, PurchaseTextRow>();
  if (completed.length > 0) {
    for (const row of await queryRows<PurchaseTextRow>(pool, findPurchaseTexts(completed))) {
      texts.set(row.request_id, row);
    }
  }
  return leaves.flatMap((leaf, index) => {
    const body = bodies[index];
    if (body === undefined) return [];
    const text = body.type === 'purchase.completed' ? texts.get(leaf.subject_id) : undefined;
    return {
      id: Number(leaf.leaf_index),
      type: body.type,
      timestamp: body.at,
      subjectId: leaf.subject_id,
      dataJson: text === undefined ? JSON.stringify(withoutFacts(body)) : completedData(body, text),
    };
  });
}

/** `{type,timestamp,data}`: a webhook's body, as Standard Webhooks advises. */
export function eventPayload({ type, timestamp, dataJson }: LogEvent): string {
  return withRawData({ type, timestamp }, dataJson);
}

/** `{id,type,timestamp,subject_id,data}`: an event of the stream. */
export function eventJson({ id, type, timestamp, subjectId, dataJson }: LogEvent): string {
  return withRawData({ id, type, timestamp, subject_id: subjectId }, dataJson);
}

function withRawData(members: object, dataJson: string): string {
  return `${JSON.stringify(members).slice(0, -1)},"data":${dataJson}}`;
}

function withoutFacts(body: EntryBody): object {
  if (body.decision === undefined) return body;
  const { facts: _facts, ...decision } = body.decision;
  return { ...body, decision };
}

/** The fields and their order are the product's promise to webhook receivers. */
function completedData(body: EntryBody, text: PurchaseTextRow): string {
  const currency = parseCurrency(text.currency);
  const settledMinor = body.detail?.settled_minor;
  if (currency === undefined || settledMinor === undefined) {
    throw new Error(`the completed purchase ${text.request_id} has no currency or no settled amount`);
  }
  const before = {
    request_id: text.request_id,
    status: body.state?.status ?? null,
    approved_by: body.state?.approved_by ?? null,
    card_id: body.checkout?.card_id ?? null,
  };
  const after = { vendor: text.vendor, reconciled_intent: intentOf(text.private_text) };
  const amount = amountToJsonNumberLiteral(BigInt(settledMinor), currency);
  return `${JSON.stringify(before).slice(0, -1)},"amount":${amount},${JSON.stringify(after).slice(1)}`;
}

function intentOf(privateText: unknown): string | null {
  if (typeof privateText !== 'object' || privateText === null || !('intent' in privateText)) return null;
  return typeof privateText.intent === 'string' ? privateText.intent : null;
}

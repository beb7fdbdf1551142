// bench/decision-rows.ts: the rows of a decision without deciding it: what the real gate wrote for the same workload, with
// new ids, so that every form writes rows and entry bodies of the same length. Must not evaluate a policy.
import type { ApprovalState, ApprovalStep, CardState, Transfer } from '@countersign/core';
import { leafHash } from '@countersign/audit';
import type { Pool } from 'pg';

import { approvalIdOf, cardIdOf, newId } from '../packages/server/src/ids.ts';
import { type IdempotencyClaim, idempotencyKeyHash } from '../packages/server/src/ledger/idempotency-key.ts';
import type { PurchaseRow } from '../packages/server/src/ledger/insert-purchases.ts';
import { eventTypeCode } from '../packages/server/src/record/event-type-code.ts';
import { type Outcome, type Purchase, agentIdOf } from './workload.ts';

/** Everything one decision leaves behind, but for its entry id, which the database gives. */
export interface DecisionRows {
  readonly outcome: Outcome;
  readonly request: Omit<PurchaseRow, 'entryId'>;
  readonly claim: IdempotencyClaim;
  readonly card: CardState | null;
  readonly approval: (ApprovalState & { readonly requestId: string }) | null;
  readonly transfers: readonly Transfer[];
  /** The budget periods that bind it, in the order of their ids: locked even when nothing is taken from them. */
  readonly periodIds: readonly bigint[];
  readonly typeCode: number;
  /** The entry's bytes once its id is known. */
  readonly entry: (entryId: bigint) => { readonly bytes: Buffer; readonly leafHash: Buffer };
}

export interface RowSource {
  /** The rows of this purchase; `number` differs for each, `atMs` is when it was decided. */
  rowsOf(purchase: PurchaseKind, number: number, atMs: number): DecisionRows;
  /** The statement of a promise, as it is stored once for each transaction. */
  readonly promise: string;
  readonly gatewayId: string;
}

/** What of a purchase says which rows it leaves. */
export type PurchaseKind = Pick<Purchase, 'agent' | 'outcome' | 'idempotencyKey'>;

interface Sample {
  request_id: string;
  fingerprint: bigint;
  vendor: string;
  currency: string;
  amount_minor: bigint;
  private_text: string;
  status: Outcome;
  checkout_status: string;
  reserved_minor: bigint;
  approved_by: string | null;
  body_hash: Buffer;
  body: string;
  entry_id: bigint;
  rail: string | null;
  provider: string | null;
  card_status: CardState['status'] | null;
  last4: string | null;
  approval_id: string | null;
  approval_status: ApprovalState['status'] | null;
  terms_hash: Buffer | null;
  steps: ApprovalStep[] | null;
  accounts: { from: Transfer['from']; to: Transfer['to'] }[];
}

const DAY_MS = 86_400_000;
const SAMPLES = 1_000;

/**
 * Samples the latest decisions of a database that the real gate has worked on.
 * @param target the database the rows are for: its budget periods are the ones that are named
 */
export async function readRowSource(gatePool: Pool, target: Pool): Promise<RowSource> {
  const { rows: samples } = await gatePool.query<Sample>(SAMPLE_SQL, [SAMPLES]);
  const byOutcome = new Map<Outcome, Sample[]>();
  for (const sample of samples)
    byOutcome.set(sample.status, [...(byOutcome.get(sample.status) ?? []), sample]);
  const periods = await periodsByAgent(target);
  const { rows: promises } = await gatePool.query<{ promise: string }>(
    'SELECT promise::text AS promise FROM log_promise ORDER BY first_entry_id DESC LIMIT 1',
  );
  return {
    promise: promises[0]?.promise ?? '{}',
    gatewayId: newId('gw'),
    rowsOf(purchase, number, atMs) {
      const alike = byOutcome.get(purchase.outcome) ?? [];
      const sample = alike[number % alike.length];
      if (sample === undefined) throw new Error(`the gate has left no ${purchase.outcome} purchase to copy`);
      const agentId = agentIdOf(purchase.agent);
      const keyHash = idempotencyKeyHash({
        scope: agentId,
        operation: 'request',
        key: purchase.idempotencyKey,
      });
      return rowsFrom(sample, { number, agentId, keyHash, periodIds: periods.get(agentId) ?? [], atMs });
    },
  };
}

const SAMPLE_SQL = `
  SELECT request.request_id, fingerprint, vendor, currency, amount_minor, private_text::text, request.status,
    checkout_status, reserved_minor, approved_by, body_hash, convert_from(body, 'UTF8') AS body,
    decision_entry_id AS entry_id, card.rail, card.provider, card.status AS card_status, card.last4, approval_id,
    approval.status AS approval_status, terms_hash, steps,
    coalesce((SELECT json_agg(json_build_object('from', from_account, 'to', to_account) ORDER BY line)
      FROM transfer WHERE transfer.entry_id = decision_entry_id), '[]'::json) AS accounts
  FROM (SELECT * FROM purchase_request ORDER BY decision_entry_id DESC LIMIT $1::int) AS request
  JOIN log_entry ON log_entry.entry_id = decision_entry_id
  JOIN idempotency_key ON resource_id = request.request_id
  LEFT JOIN card ON card_id = 'card' || substr(request.request_id, 5)
  LEFT JOIN approval USING (request_id)
  WHERE request.status IN ('approved', 'held', 'denied')`;

/** Of each agent: the period of its budget and of its cap. */
async function periodsByAgent(pool: Pool): Promise<Map<string, bigint[]>> {
  const { rows } = await pool.query<{ agent_id: string; period_ids: bigint[] }>(
    `SELECT right(budget_id, 13) AS agent_id, array_agg(period_id ORDER BY period_id) AS period_ids
     FROM budget_period GROUP BY 1`,
  );
  return new Map(rows.map((row) => [row.agent_id, row.period_ids]));
}

interface Instance {
  readonly number: number;
  readonly agentId: string;
  readonly keyHash: string;
  readonly periodIds: readonly bigint[];
  readonly atMs: number;
}

function rowsFrom(sample: Sample, { number, agentId, keyHash, periodIds, atMs }: Instance): DecisionRows {
  const requestId = newId('preq');
  const approvalId = sample.approval_id === null ? null : approvalIdOf(requestId);
  const transfers = sample.accounts.map(({ from, to }, index): Transfer => {
    const periodId = periodIds[index];
    if (periodId === undefined) throw new Error(`${agentId} has no budget period to take from`);
    return { periodId, from, to, amountMinor: sample.amount_minor };
  });
  return {
    outcome: sample.status,
    request: {
      requestId,
      agentId,
      // Spread over the whole range, as hashes are: where its index entry falls is part of the cost.
      fingerprint: BigInt.asIntN(64, sample.fingerprint + BigInt(number + 1) * 0x9e3779b97f4a7c15n),
      vendor: sample.vendor,
      currency: sample.currency,
      amountMinor: sample.amount_minor,
      privateText: sample.private_text,
      createdAtMs: atMs,
      externalExpiresAtMs: null,
      status: sample.status,
      checkoutStatus: sample.checkout_status,
      reservedPeriods: transfers.map((transfer) => transfer.periodId),
      reservedMinor: sample.reserved_minor,
      approvedBy: sample.approved_by,
    },
    claim: { keyHash, bodyHash: sample.body_hash, resourceId: requestId },
    card: cardOf(sample, requestId, atMs),
    approval: approvalOf(sample, requestId, approvalId, atMs),
    transfers,
    periodIds,
    typeCode: eventTypeCode(`purchase.${sample.status}`),
    entry: (entryId) => entryOf(sample, { requestId, approvalId, entryId }),
  };
}

function cardOf(sample: Sample, requestId: string, atMs: number): CardState | null {
  const { rail, provider, card_status: status, last4 } = sample;
  if (rail === null || provider === null || status === null || last4 === null) return null;
  return { cardId: cardIdOf(requestId), rail, provider, status, last4, expiresAtMs: atMs + 7 * DAY_MS };
}

function approvalOf(
  sample: Sample,
  requestId: string,
  approvalId: string | null,
  atMs: number,
): DecisionRows['approval'] {
  const { approval_status: status, terms_hash: termsHash, steps } = sample;
  if (approvalId === null || status === null || termsHash === null || steps === null) return null;
  return {
    approvalId,
    requestId,
    status,
    termsHash: termsHash.toString('hex'),
    steps,
    createdAtMs: atMs,
    expiresAtMs: atMs + 3 * DAY_MS,
  };
}

/** The sampled body with the new ids in it. They are as long as the old ones; so is, cut or padded, the entry's number. */
function entryOf(
  sample: Sample,
  ids: { readonly requestId: string; readonly approvalId: string | null; readonly entryId: bigint },
): { bytes: Buffer; leafHash: Buffer } {
  let body = sample.body.replaceAll(suffixOf(sample.request_id), suffixOf(ids.requestId));
  if (sample.approval_id !== null && ids.approvalId !== null) {
    body = body.replace(sample.approval_id, ids.approvalId);
  }
  const old = sample.entry_id.toString();
  const entryId = ids.entryId.toString().slice(-old.length).replace(/^0/, '1').padStart(old.length, '1');
  const bytes = Buffer.from(body.replace(`"entry_id":${old}`, `"entry_id":${entryId}`));
  return { bytes, leafHash: leafHash(bytes) };
}

/** Shared by a request's and its card's id. */
function suffixOf(requestId: string): string {
  return requestId.slice(requestId.indexOf('_') + 1);
}

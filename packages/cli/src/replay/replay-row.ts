// replay/replay-row.ts: takes one row through the real gate: asked for, charged and settled, or refunded. Every command
// carries the row's own time. Must not read the clock; what the gate answers is counted, never corrected.
import {
  type Gate,
  type GateAnswer,
  type GateCommand,
  type SystemCaller,
  cardIdOf,
} from '@countersign/server';

import type { HoldBook } from './hold-book.ts';
import type { BadRow, ReplayRow } from './read-row.ts';
import type { RefundBook } from './refund-book.ts';
import { REPLAY_ACTOR, type Registry } from './registry.ts';
import type { Reason, Tally } from './tally.ts';

export interface RowContext {
  readonly gate: Gate;
  readonly registry: Registry;
  readonly policyId: string;
  readonly settles: boolean;
  readonly tally: Tally;
  readonly holds: HoldBook;
  readonly refunds: RefundBook;
  /** A row the gate itself refused to take. */
  readonly bad: (row: BadRow) => void;
}

/** The payment network of the sandbox rail. */
const NETWORK: SystemCaller = { kind: 'system', name: 'sandbox' };

type Accepted = GateAnswer & { ok: true };

/** Hands the row's first command to the gate before it returns, so that rows are decided in the order of these calls. */
export async function replayRow(row: ReplayRow, context: RowContext): Promise<void> {
  if (row.kind === 'refund') return replayRefund(row, context);
  const path = replayPurchase(row, context);
  context.refunds.enter(row, path);
  await path;
}

/** @returns the authorization that was captured; null: nothing was settled */
async function replayPurchase(row: ReplayRow, context: RowContext): Promise<string | null> {
  const { tally, holds, settles } = context;
  const answer = await ask(row, row.atMs, purchaseCommand(row, context.policyId), context);
  if (!answer.ok) {
    context.bad({ kind: 'bad', line: row.line, reason: `${answer.code}: ${answer.message}` });
    return null;
  }
  const { purchase } = answer;
  if (purchase === null) throw new Error('a request answers with its purchase');
  const { status } = purchase;
  if (status !== 'approved' && status !== 'held' && status !== 'denied') {
    throw new Error(`a request was answered with ${status}`);
  }
  tally.decided(row, status, reasonsOf(answer));
  if (status === 'held' && purchase.approval !== null) {
    holds.add({ requestId: purchase.requestId, expiresAtMs: purchase.approval.expiresAtMs });
  }
  return status === 'approved' && settles ? charge(row, cardIdOf(purchase.requestId), context) : null;
}

async function charge(row: ReplayRow, cardId: string, context: RowContext): Promise<string | null> {
  const { vendor, amountMinor, currency, facts } = row;
  const merchant = { name: vendor, domain: null, merchantId: null, mcc: facts.mcc, country: facts.country };
  const authorize: GateCommand = { kind: 'authorize', cardId, amountMinor, currency, merchant };
  const charged = await ask(row, row.atMs, authorize, context, NETWORK);
  if (!charged.ok) {
    context.tally.declinedAtTheTill(row, charged.code); // a rail without a card: paid outside, so nothing to charge
    return null;
  }
  const authorization = charged.purchase?.authorizations.at(-1);
  if (authorization?.approved !== true) {
    context.tally.declinedAtTheTill(row, authorization?.reason ?? 'unknown');
    return null;
  }
  const { authorizationId } = authorization;
  const capture: GateCommand = { kind: 'capture', authorizationId, amountMinor, closeAuthorization: true };
  const captured = await ask(row, row.postedAtMs, capture, context, NETWORK);
  if (!captured.ok)
    throw new Error(`line ${row.line}: an approved charge was not captured: ${captured.code}`);
  context.tally.charged(row);
  return authorizationId;
}

/** Money that comes back for a settled purchase is posted; a refund that belongs to none is asked of the policy. */
async function replayRefund(row: ReplayRow, context: RowContext): Promise<void> {
  const { amountMinor, currency, facts, vendor } = row;
  const authorizationId = await context.refunds.take(row);
  if (authorizationId !== null) {
    const refund: GateCommand = { kind: 'refund', authorizationId, amountMinor };
    const posted = await ask(row, row.postedAtMs, refund, context, NETWORK);
    if (!posted.ok) throw new Error(`line ${row.line}: a refund was not posted: ${posted.code}`);
    context.tally.refunded(row, 'matched', []);
    return;
  }
  const check: GateCommand = {
    kind: 'check',
    input: {
      agentId: row.agentId,
      policyId: context.policyId,
      actionType: 'refund',
      counterparty: vendor,
      amountMinor,
      currency,
      rail: facts.rail ?? 'card',
      category: facts.category,
      country: facts.country,
      mcc: facts.mcc,
      merchantDomain: null,
      daysSincePurchase: null,
      discountBasisPoints: null,
      dealAmountMinor: null,
    },
    idempotency: null,
  };
  const answer = await ask(row, row.atMs, check, context);
  if (!answer.ok) {
    context.bad({ kind: 'bad', line: row.line, reason: `${answer.code}: ${answer.message}` });
    return;
  }
  const outcome = REFUND_OUTCOME[answer.entry.type];
  if (outcome === undefined) throw new Error(`a check was recorded as ${answer.entry.type}`);
  context.tally.refunded(row, outcome, reasonsOf(answer));
}

const REFUND_OUTCOME: Readonly<Record<string, 'allowed' | 'escalated' | 'blocked'>> = {
  'check.allowed': 'allowed',
  'check.escalated': 'escalated',
  'check.blocked': 'blocked',
};

/** Ends a hold that nobody signed in the time of the data. */
export async function expireHold(
  hold: { readonly requestId: string; readonly expiresAtMs: number },
  { gate, tally }: Pick<RowContext, 'gate' | 'tally'>,
): Promise<void> {
  const { requestId, expiresAtMs } = hold;
  const answer = await gate.submit({
    command: { kind: 'expire', requestId },
    caller: REPLAY_ACTOR,
    atMs: expiresAtMs,
  });
  tally.commands += 1;
  if (!answer.ok) throw new Error(`the hold ${requestId} did not run out: ${answer.code}`);
  tally.expiredHolds += 1;
}

async function ask(
  row: ReplayRow,
  atMs: number,
  command: GateCommand,
  { gate, registry, tally }: RowContext,
  caller?: SystemCaller,
): Promise<GateAnswer> {
  const answer = await gate.submit({ command, caller: caller ?? registry.callerOf(row.agentId), atMs });
  tally.commands += 1;
  return answer;
}

function purchaseCommand(row: ReplayRow, policyId: string): GateCommand {
  const { facts } = row;
  return {
    kind: 'request',
    input: {
      agentId: row.agentId,
      policyId,
      vendor: row.vendor,
      amountMinor: row.amountMinor,
      currency: row.currency,
      category: facts.category,
      costCenter: facts.cost_center,
      project: facts.project,
      rail: facts.rail,
      merchant: { domain: null, mcc: facts.mcc, country: facts.country },
      commitmentType: 'purchase',
      sourcing: null,
      replaces: null,
      expiresInSeconds: null,
      privateText: { intent: facts.intent ?? `replayed from line ${row.line}`, metadata: { line: row.line } },
    },
    idempotency: null,
  };
}

function reasonsOf({ findings }: Accepted): Reason[] {
  return (findings ?? []).flatMap(({ outcome, reasonCode: code, control, policyId, ruleId }) =>
    outcome === 'pass' ? [] : [{ outcome, code, control, policyId, ruleId }],
  );
}

// gate/perform-opening.ts: runs a command that opens something on the working facts: a purchase request or a check.
// Must not send SQL or read the clock.
import {
  type DecisionFacts,
  type PurchaseState,
  decideCheck,
  openPurchase,
  outcomeOf,
} from '@countersign/core';

import { approvalIdOf, cardIdOf } from '../ids.ts';
import { decisionBody, purchaseBody } from './entry-body.ts';
import { type PerformContext, type Performed, factsOf } from './perform-context.ts';
import type { PreparedOpening } from './prepare-command.ts';
import { countOpened, stoppedFor } from './related-facts.ts';
import { relatedKeyTexts } from './related-keys.ts';
import { approvalLimitsOf, remindAfterMs } from './settings.ts';
import { velocityReviewFacts } from './velocity-reviews.ts';

/** Opens a purchase: always an outcome, denied included. */
export function performRequest(prepared: PreparedOpening, context: PerformContext, nowMs: number): Performed {
  const { working, configuration, settings } = context;
  const { command, resolved } = prepared;
  if (command.kind !== 'request') throw new Error('not a purchase request');
  const facts = openingFacts(prepared, context, nowMs);
  const waits = command.input.expiresInSeconds;
  const validForMs = waits === null ? settings.approvalValidForMs : waits * 1000;
  const opened = openPurchase(
    {
      requestId: prepared.resourceId,
      approvalId: approvalIdOf(prepared.resourceId),
      action: resolved.action,
      termsHash: prepared.termsHash,
      checkout: context.checkoutFor(resolved.action.rail, cardIdOf(prepared.resourceId)),
      approvalValidForMs: validForMs,
      remindAfterMs: remindAfterMs(approvalLimitsOf(configuration, settings), validForMs),
    },
    facts,
    nowMs,
  );
  const { state } = opened;
  const [event] = opened.events;
  if (event === undefined || event.findings === null) throw new Error('an opening has one decided event');
  const entryId = working.nextEntryId();
  const transfers = working.apply(event.transfers);
  const draftIndex = working.drafts.length;
  const decision = { outcome: outcomeOf(event.findings), findings: event.findings };
  working.drafts.push({
    type: event.type,
    subjectId: state.requestId,
    actor: prepared.caller,
    body: purchaseBody(
      event,
      transfers,
      { state, leaveEndsAtMs: nowMs + settings.externalValidForMs },
      {
        terms: prepared.terms,
        related: relatedKeyTexts(prepared.related),
        decision: decisionBody(decision.outcome, decision.findings, facts, {
          configurationVersion: configuration.version,
          atMs: prepared.atMs,
        }),
      },
    ),
  });
  countOpened({ related: prepared.related, state, findings: event.findings }, entryId, working);
  keepOpened(prepared, state, entryId, context, nowMs);
  const siblings = prepared.related.keys.length === 0 ? NO_SIBLINGS : stoppedFor(event.findings);
  return { ok: true, draftIndex, state, createdId: null, decision, siblings };
}

const NO_SIBLINGS: readonly string[] = [];
const NONE_SIGNED: readonly string[] = [];

function openingFacts(prepared: PreparedOpening, context: PerformContext, atMs: number): DecisionFacts {
  const duplicateAtMs = context.working.duplicateAtMs(prepared.fingerprint);
  return {
    ...factsOf(
      prepared.resolved,
      {
        periods: prepared.periods,
        state: null,
        duplicateAtMs,
        atMs,
        isAtTheTill: false,
        related: prepared.related,
        decidedEntryId: null,
      },
      context,
    ),
    ...velocityReviewFacts(context.configuration, prepared.resolved.action),
    stage: 'request',
    signedSteps: NONE_SIGNED,
    ...pendingApprovals(prepared.resolved.action.agentId, context),
  };
}

/** Given only where as many of the agent's requests wait for a human as may. */
function pendingApprovals(
  agentId: string,
  { working: { heldCounts, newHolds }, configuration, settings }: PerformContext,
): Pick<DecisionFacts, 'pendingApprovals'> | null {
  const held = heldCounts.get(agentId);
  const limit = approvalLimitsOf(configuration, settings).pendingMax;
  if (held === undefined || limit === null) return null;
  const count = held + (newHolds.get(agentId) ?? 0);
  return count < limit ? null : { pendingApprovals: { count, limit } };
}

function keepOpened(
  prepared: PreparedOpening,
  state: PurchaseState,
  entryId: bigint,
  { working, settings }: PerformContext,
  nowMs: number,
): void {
  const { action } = state;
  const external = state.status === 'approved' && state.card === null;
  const externalExpiresAtMs = external ? nowMs + settings.externalValidForMs : null;
  working.newPurchases.push({
    requestId: state.requestId,
    agentId: action.agentId,
    fingerprint: prepared.fingerprint,
    vendor: action.counterparty,
    currency: action.currency,
    amountMinor: action.amountMinor,
    privateText: JSON.stringify(prepared.privateText),
    createdAtMs: nowMs,
    externalExpiresAtMs,
    entryId,
    status: state.status,
    checkoutStatus: state.checkoutStatus,
    reservedPeriods: state.reservedPeriods,
    reservedMinor: state.reservedMinor,
    approvedBy: state.approvedBy,
  });
  if (state.approval !== null) {
    working.changedApprovals.set(state.requestId, { approval: state.approval, entryId });
    working.newHolds.set(action.agentId, (working.newHolds.get(action.agentId) ?? 0) + 1);
  }
  if (state.card !== null) working.changedCards.set(state.requestId, entryId);
  if (state.periodRates.size > 0) working.changedPeriodRates.add(state.requestId);
  if (state.status !== 'denied') working.accepted(prepared.fingerprint, nowMs);
  working.keepPurchase(state, { externalExpiresAtMs, decidedEntryId: entryId });
}

/** Asks one policy about an action that is not a purchase. */
export function performCheck(prepared: PreparedOpening, context: PerformContext, nowMs: number): Performed {
  const { working, configuration } = context;
  const { action } = prepared.resolved;
  const facts = openingFacts(prepared, context, nowMs);
  const { outcome, findings } = decideCheck(action, facts, nowMs);
  const decision = CHECK_DECISION[outcome];
  const entryId = working.nextEntryId();
  const draftIndex = working.drafts.length;
  working.drafts.push({
    type: `check.${CHECK_EVENT[outcome]}`,
    subjectId: prepared.resourceId,
    actor: prepared.caller,
    body: {
      check: { decision },
      decision: decisionBody(outcome, findings, facts, {
        configurationVersion: configuration.version,
        atMs: prepared.atMs,
      }),
      terms: prepared.terms,
    },
  });
  working.checks.push({
    checkId: prepared.resourceId,
    agentId: action.agentId,
    fingerprint: prepared.fingerprint,
    actionType: action.type,
    counterparty: action.counterparty,
    currency: action.currency,
    amountMinor: action.amountMinor,
    decision,
    createdAtMs: nowMs,
    entryId,
  });
  if (decision !== 'block') working.accepted(prepared.fingerprint, nowMs);
  return {
    ok: true,
    draftIndex,
    state: null,
    createdId: prepared.resourceId,
    decision: { outcome, findings },
  };
}

const CHECK_DECISION = { approved: 'allow', held: 'escalate', denied: 'block' } as const;
const CHECK_EVENT = { approved: 'allowed', held: 'escalated', denied: 'blocked' } as const;

// gate/perform-step.ts: runs a command on an existing purchase: the pure transition from core, then its rows.
// Must not send SQL or read the clock.
import { commit } from '@countersign/audit';
import {
  type Decision,
  type DecisionFacts,
  type Merchant,
  type PurchaseEvent,
  type PurchaseState,
  type Transition,
  attachReceipt,
  authorizeCard,
  cancelPurchase,
  captureAuthorization,
  expirePurchase,
  forcePost,
  isComplete,
  nudgeApproval,
  outcomeOf,
  receiptFlags,
  refundAuthorization,
  type Reopening,
  revalidatePurchase,
  revealCard,
  reverseAuthorization,
} from '@countersign/core';

import { approvalIdOf, cardIdOf } from '../ids.ts';
import { callerId } from '../record/caller.ts';
import type { Configuration } from './configuration.ts';
import { decisionBody, purchaseBody } from './entry-body.ts';
import { approvalTransition, keepApproval } from './perform-approval.ts';
import { type PerformContext, type Performed, factsOf } from './perform-context.ts';
import { type PreparedStep, type Refusal, refusal } from './prepare-command.ts';
import { countChanged } from './related-facts.ts';
import { withRegistration } from './supplier-facts.ts';
import { approvalLimitsOf, remindAfterMs } from './settings.ts';

/** Takes an existing purchase one step further, or refuses with the reason. */
export function performStep(
  prepared: PreparedStep,
  context: PerformContext,
  nowMs: number,
): Performed | Refusal {
  const { working, configuration } = context;
  const current = working.purchase(prepared.requestId);
  if (current === undefined) return refusal('request_not_found', 'There is no such request.');
  const created = createdIdOf(prepared, context);
  const note = noteOf(prepared.command, context);
  const before = current.state;
  const facts =
    prepared.resolved === null
      ? null
      : factsOf(
          prepared.resolved,
          {
            periods: prepared.periods,
            state: before,
            duplicateAtMs: null,
            atMs: nowMs,
            isAtTheTill: isAtTheTill(prepared),
            related: prepared.related,
            decidedEntryId: current.decidedEntryId,
            ...(prepared.command.kind === 'authorize' ? { merchant: prepared.command.merchant } : {}),
          },
          context,
        );
  const transition = transitionOf(
    prepared,
    before,
    facts,
    { created, note, externalExpiresAtMs: current.externalExpiresAtMs },
    context,
    nowMs,
  );
  if (!transition.ok) return transition;
  const leaveEndsAtMs = current.externalExpiresAtMs ?? nowMs + context.settings.externalValidForMs;
  const draftIndex = working.drafts.length;
  if (note !== null)
    working.notes.push({ ...note, entryId: working.nextEntryId(), requestId: prepared.requestId });
  let findings: Decision['findings'] | null = null;
  let entryId = working.nextEntryId();
  for (const event of transition.events) {
    entryId = working.nextEntryId();
    const transfers = working.apply(event.transfers);
    findings ??= event.findings;
    working.drafts.push({
      type: event.type,
      subjectId: prepared.requestId,
      actor: prepared.caller,
      body: purchaseBody(
        event,
        transfers,
        { state: transition.state, leaveEndsAtMs },
        stepDecision(event, facts, prepared, before, configuration),
      ),
    });
  }
  countChanged({ related: prepared.related, before, after: transition.state }, entryId, working);
  const { state: after, events } = transition;
  keep(prepared, before, { after, leaveEndsAtMs, created, entryId, events }, context, nowMs);
  return {
    ok: true,
    draftIndex,
    state: transition.state,
    createdId: created,
    decision: findings === null ? null : { outcome: outcomeOf(findings), findings },
  };
}

/** Decided where its reservation sits; a signature moves it to the periods of now. */
function isAtTheTill(prepared: PreparedStep): boolean {
  return prepared.command.kind === 'authorize';
}

function stepDecision(
  event: PurchaseEvent,
  facts: Omit<DecisionFacts, 'stage' | 'signedSteps'> | null,
  prepared: PreparedStep,
  before: PurchaseState,
  configuration: Configuration,
): { decision?: ReturnType<typeof decisionBody> } {
  if (event.findings === null || facts === null) return {};
  const stage = prepared.command.kind === 'authorize' ? 'authorization' : 'execution';
  const steps = before.approval?.steps ?? [];
  const signed = prepared.command.kind === 'sign' ? steps : steps.filter(isComplete);
  const signedSteps = signed.map((step) => step.stepKey);
  return {
    decision: decisionBody(
      outcomeOf(event.findings),
      event.findings,
      { ...facts, stage, signedSteps },
      { configurationVersion: configuration.version, atMs: prepared.atMs },
    ),
  };
}

function reopeningOf({ requestId, termsHash }: PreparedStep, context: PerformContext): Reopening {
  const { approvalValidForMs } = context.settings;
  const limits = approvalLimitsOf(context.configuration, context.settings);
  return {
    approvalId: approvalIdOf(requestId),
    termsHash,
    approvalValidForMs,
    remindAfterMs: remindAfterMs(limits, approvalValidForMs),
  };
}

function createdIdOf(prepared: PreparedStep, context: PerformContext): string | null {
  switch (prepared.command.kind) {
    case 'authorize':
    case 'force_post':
      return context.entropy.newId('auth');
    case 'receipt':
      return context.entropy.newId('rcpt');
    default:
      return null;
  }
}

function transitionOf(
  prepared: PreparedStep,
  state: PurchaseState,
  facts: Omit<DecisionFacts, 'stage' | 'signedSteps'> | null,
  {
    created,
    note,
    externalExpiresAtMs,
  }: {
    readonly created: string | null;
    readonly note: CommandNote | null;
    readonly externalExpiresAtMs: number | null;
  },
  context: PerformContext,
  nowMs: number,
): Transition | Refusal {
  const { command, caller } = prepared;
  const commitment = note?.commitment ?? null;
  const needed = <T>(value: T | null): T => {
    if (value === null) throw new Error(`a ${command.kind} was prepared without what it needs`);
    return value;
  };
  const registered = (merchant: Merchant): Merchant =>
    withRegistration(context.configuration.suppliers, state.action, merchant);
  switch (command.kind) {
    case 'sign':
    case 'reject':
      return approvalTransition(prepared, command, state, { facts, commitment }, context, nowMs);
    case 'cancel':
      return cancelPurchase(state, { cancelledBy: callerId(caller), reasonCommitment: commitment });
    case 'expire':
      return expirePurchase(state, nowMs, externalExpiresAtMs);
    case 'nudge':
      return nudgeApproval(state, nowMs);
    case 'reveal':
      return revealCard(state, { agentId: callerId(caller) }, nowMs);
    case 'authorize':
      return authorizeCard(
        state,
        {
          ...command,
          merchant: registered(command.merchant),
          authorizationId: needed(created),
          ...reopeningOf(prepared, context),
        },
        needed(facts),
        nowMs,
      );
    case 'revalidate':
      return revalidatePurchase(state, reopeningOf(prepared, context), needed(facts), nowMs);
    case 'capture':
      return captureAuthorization(state, command);
    case 'reverse':
      return reverseAuthorization(state, command, nowMs);
    case 'refund':
      return refundAuthorization(state, {
        ...command,
        creditPeriods: state.reservedPeriods.map((periodId) => context.creditPeriod(periodId, nowMs)),
      });
    case 'force_post':
      return forcePost(state, {
        ...command,
        merchant: registered(command.merchant),
        authorizationId: needed(created),
      });
    case 'receipt':
      return attachReceipt(state, { ...command, receiptId: needed(created) });
  }
}

/** The free text of a command, kept apart from the log, which has only its commitment. */
interface CommandNote {
  readonly text: string;
  readonly salt: Buffer;
  readonly commitment: string;
}

function noteOf(command: PreparedStep['command'], context: PerformContext): CommandNote | null {
  const text = 'reason' in command ? command.reason : command.kind === 'sign' ? command.comment : null;
  if (text === null) return null;
  const salt = context.entropy.newSalt();
  return { text, salt, commitment: commit(text, salt) };
}

interface StepOutcome {
  readonly after: PurchaseState;
  readonly leaveEndsAtMs: number;
  readonly created: string | null;
  readonly entryId: bigint;
  readonly events: readonly PurchaseEvent[];
}

function keep(
  prepared: PreparedStep,
  before: PurchaseState,
  { after, leaveEndsAtMs, created, entryId, events }: StepOutcome,
  context: PerformContext,
  nowMs: number,
): void {
  const { working } = context;
  const { command, requestId } = prepared;
  const external = after.status === 'approved' && after.card === null;
  working.keepPurchase(after, {
    externalExpiresAtMs: external ? leaveEndsAtMs : null,
    decidedEntryId: working.purchase(requestId)?.decidedEntryId ?? entryId,
  });
  working.changedPurchases.set(requestId, entryId);
  if (after.periodRates !== before.periodRates) working.changedPeriodRates.add(requestId);
  keepApproval(prepared, before, after, { entryId, events, nowMs }, context);
  if (after.card !== null && after.card !== before.card) working.changedCards.set(requestId, entryId);
  for (const authorization of after.authorizations) {
    if (before.authorizations.includes(authorization)) continue;
    const cardId = cardIdOf(requestId);
    working.changedAuthorizations.set(authorization.authorizationId, {
      authorization,
      cardId,
      atMs: nowMs,
      entryId,
    });
  }
  if (command.kind === 'receipt' && created !== null) {
    const { vendor, amountMinor, currency, sha256 } = command;
    working.receipts.push({
      receiptId: created,
      requestId,
      document: { vendor, amount_minor: amountMinor.toString(), currency, sha256 },
      flags: receiptFlags(after, { receiptId: created, vendor, amountMinor, currency, sha256 }),
      createdAtMs: nowMs,
      entryId,
    });
  }
}

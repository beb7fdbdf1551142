// gate/perform-step.ts: runs a command on an existing purchase: the pure transition from core, then its rows.
// Must not send SQL or read the clock.
import { commit } from '@countersign/audit';
import {
  type Decision,
  type DecisionFacts,
  type PurchaseEvent,
  type PurchaseState,
  type Transition,
  attachReceipt,
  authorizeCard,
  cancelPurchase,
  captureAuthorization,
  expirePurchase,
  forcePost,
  outcomeOf,
  receiptFlags,
  refundAuthorization,
  rejectApproval,
  revealCard,
  reverseAuthorization,
  signApproval,
} from '@countersign/core';

import { approvalIdOf, cardIdOf } from '../ids.ts';
import { callerId } from '../record/caller.ts';
import type { Configuration } from './configuration.ts';
import { decisionBody, purchaseBody } from './entry-body.ts';
import { type PerformContext, type Performed, factsOf } from './perform-context.ts';
import { type PreparedStep, type Refusal, refusal } from './prepare-command.ts';

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
      : factsOf(prepared.resolved, prepared.periods, before, null, context, isAtTheTill(prepared));
  const transition = transitionOf(
    prepared,
    before,
    facts,
    { created, note, externalExpiresAtMs: current.externalExpiresAtMs },
    context,
    nowMs,
  );
  if (!transition.ok) return refusal(transition.code, transition.message);
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
  keep(prepared, before, { after: transition.state, leaveEndsAtMs, created, entryId }, context, nowMs);
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
  const stage = prepared.command.kind === 'sign' ? 'execution' : 'authorization';
  const steps = before.approval?.steps ?? [];
  const signed = prepared.command.kind === 'sign' ? steps : steps.filter((step) => step.signature !== null);
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
  const agentOwner = context.configuration.agents.get(state.action.agentId)?.owner ?? null;
  const needed = <T>(value: T | null): T => {
    if (value === null) throw new Error(`a ${command.kind} was prepared without what it needs`);
    return value;
  };
  switch (command.kind) {
    case 'sign':
    case 'reject':
      return approvalTransition(prepared, command, state, { facts, note, agentOwner }, context, nowMs);
    case 'cancel':
      return cancelPurchase(state, {
        cancelledBy: callerId(caller),
        reasonCommitment: commitment,
      });
    case 'expire':
      return expirePurchase(state, nowMs, externalExpiresAtMs);
    case 'reveal':
      return revealCard(state, { agentId: callerId(caller) }, nowMs);
    case 'authorize':
      return authorizeCard(
        state,
        {
          ...command,
          authorizationId: needed(created),
          approvalId: approvalIdOf(prepared.requestId),
          termsHash: prepared.termsHash,
          approvalValidForMs: context.settings.approvalValidForMs,
        },
        needed(facts),
        nowMs,
      );
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
      return forcePost(state, { ...command, authorizationId: needed(created) });
    case 'receipt':
      return attachReceipt(state, { ...command, receiptId: needed(created) });
  }
}

/** What a person decides of an approval. */
function approvalTransition(
  prepared: PreparedStep,
  command: Extract<PreparedStep['command'], { kind: 'sign' | 'reject' }>,
  state: PurchaseState,
  {
    facts,
    note,
    agentOwner,
  }: {
    readonly facts: Omit<DecisionFacts, 'stage' | 'signedSteps'> | null;
    readonly note: CommandNote | null;
    readonly agentOwner: string | null;
  },
  context: PerformContext,
  nowMs: number,
): Transition | Refusal {
  const { caller } = prepared;
  if (caller.kind !== 'principal') return refusal('not_an_approver', 'Only a person may decide an approval.');
  const signer = { principalId: caller.principalId, email: caller.email };
  if (command.kind === 'reject') {
    if (note === null) throw new Error('a rejection has a reason');
    return rejectApproval(state, { signer, agentOwner, reasonCommitment: note.commitment });
  }
  if (facts === null) throw new Error('a signature was prepared without the facts of its agent');
  const checkout = context.checkoutFor(state.action.rail, cardIdOf(state.requestId));
  const commentCommitment = note?.commitment ?? null;
  return signApproval(
    state,
    { ...command, commentCommitment, signer, checkout },
    { ...facts, agentOwner },
    nowMs,
  );
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
}

function keep(
  prepared: PreparedStep,
  before: PurchaseState,
  { after, leaveEndsAtMs, created, entryId }: StepOutcome,
  context: PerformContext,
  nowMs: number,
): void {
  const { working } = context;
  const { command, requestId } = prepared;
  const external = after.status === 'approved' && after.card === null;
  working.keepPurchase(after, external ? leaveEndsAtMs : null);
  working.changedPurchases.set(requestId, entryId);
  if (after.approval !== null && after.approval !== before.approval) {
    working.changedApprovals.set(requestId, { approval: after.approval, entryId });
    for (const [index, step] of after.approval.steps.entries()) {
      if (step.signature === null || before.approval?.steps[index]?.signature !== null) continue;
      working.signatures.push({
        approvalId: after.approval.approvalId,
        stepIndex: index,
        principalId: step.signature.principalId,
        authorizationReference: step.signature.authorizationReference,
        termsHash: after.approval.termsHash,
        signedAtMs: step.signature.signedAtMs,
        entryId,
      });
    }
  }
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

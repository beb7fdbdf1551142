// gate/perform-approval.ts: what people and silence do to an approval: signatures, rejections, reminders, escalations, and
// the rows they leave. Must not send SQL or read the clock.
import {
  type ApprovalLimits,
  type ApprovalState,
  type DecisionFacts,
  type PurchaseEvent,
  type PurchaseState,
  type Transition,
  rejectApproval,
  signApproval,
  signingPauseMs,
  viewedSeconds,
} from '@countersign/core';

import { cardIdOf } from '../ids.ts';
import { signerOf } from './approvers.ts';
import type { PerformContext } from './perform-context.ts';
import { type PreparedStep, type Refusal, refusal } from './prepare-command.ts';
import { approvalLimitsOf, remindAfterMs } from './settings.ts';

type ApprovalCommand = Extract<PreparedStep['command'], { kind: 'sign' | 'reject' }>;

/** What a person decides of an approval. */
export function approvalTransition(
  prepared: PreparedStep,
  command: ApprovalCommand,
  state: PurchaseState,
  {
    facts,
    commitment,
  }: {
    readonly facts: Omit<DecisionFacts, 'stage' | 'signedSteps'> | null;
    readonly commitment: string | null;
  },
  context: PerformContext,
  nowMs: number,
): Transition | Refusal {
  const { caller } = prepared;
  if (caller.kind !== 'principal') return refusal('not_an_approver', 'Only a person may decide an approval.');
  const agentOwner = context.configuration.agents.get(state.action.agentId)?.owner ?? null;
  const signer = signerOf(caller, context.configuration.signing, nowMs);
  const viewedAtMs = context.working.purchase(state.requestId)?.views?.get(caller.principalId) ?? null;
  if (command.kind === 'reject') {
    if (commitment === null) throw new Error('a rejection has a reason');
    return rejectApproval(state, { signer, agentOwner, reasonCommitment: commitment, viewedAtMs }, nowMs);
  }
  if (facts === null) throw new Error('a signature was prepared without the facts of its agent');
  const tooFast = pauseOf(caller.principalId, context, nowMs);
  if (tooFast !== null) return tooFast;
  const checkout = context.checkoutFor(state.action.rail, cardIdOf(state.requestId));
  return signApproval(
    state,
    {
      ...command,
      commentCommitment: commitment,
      signer,
      viewedAtMs,
      checkout,
      remindAfterMs: remindAfterMs(limitsOf(context), validityOf(state.approval)),
    },
    { ...facts, agentOwner },
    nowMs,
  );
}

function limitsOf({ configuration, settings }: PerformContext): ApprovalLimits {
  return approvalLimitsOf(configuration, settings);
}

function pauseOf(principalId: string, context: PerformContext, nowMs: number): Refusal | null {
  const { working } = context;
  const max = limitsOf(context).signaturesPerMinuteMax;
  if (max === null) return null;
  const pauseMs = signingPauseMs(working.signedAtMs(principalId), { max, nowMs });
  if (pauseMs === null) return null;
  const retryAfterSeconds = Math.ceil(pauseMs / 1000);
  return {
    ...refusal(
      'signing_too_fast',
      `You have signed ${max} times within a minute. Read the next one; it can be signed in ${retryAfterSeconds} s.`,
    ),
    retryAfterSeconds,
  };
}

function validityOf(approval: ApprovalState | null): number {
  return approval === null ? 0 : approval.expiresAtMs - approval.createdAtMs;
}

/** The rows of what changed about an approval. */
export function keepApproval(
  prepared: PreparedStep,
  before: PurchaseState,
  after: PurchaseState,
  {
    entryId,
    events,
    nowMs,
  }: { readonly entryId: bigint; readonly events: readonly PurchaseEvent[]; readonly nowMs: number },
  { working }: PerformContext,
): void {
  const { approval } = after;
  if (approval === null || approval === before.approval) return;
  working.changedApprovals.set(after.requestId, { approval, entryId });
  const { approvalId, termsHash } = approval;
  for (const [stepIndex, step] of approval.steps.entries()) {
    const known = before.approval?.steps[stepIndex]?.signatures.length ?? 0;
    for (const { comment: _comment, ...signature } of step.signatures.slice(known)) {
      working.signatures.push({ ...signature, approvalId, stepIndex, termsHash, entryId });
    }
  }
  if (prepared.command.kind !== 'reject' || prepared.caller.kind !== 'principal') return;
  const detail = events[0]?.detail ?? {};
  const { principalId } = prepared.caller;
  const viewedAtMs = working.purchase(after.requestId)?.views?.get(principalId) ?? null;
  working.rejections.push({
    approvalId,
    stepIndex: Number(detail['step']),
    principalId,
    onBehalfOf: typeof detail['on_behalf_of'] === 'string' ? detail['on_behalf_of'] : null,
    viewedSeconds: viewedSeconds(viewedAtMs, nowMs),
    rejectedAtMs: nowMs,
    entryId,
  });
}

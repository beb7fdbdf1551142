// gate/perform.ts: runs one command on the working facts: the pure transition from core, then its rows.
// Must not send SQL or read the clock.
import {
  type DecisionFacts,
  type Decision,
  type PurchaseEvent,
  type PurchaseState,
  type Transition,
  attachReceipt,
  authorizeCard,
  cancelPurchase,
  captureAuthorization,
  decidePolicies,
  expirePurchase,
  forcePost,
  openPurchase,
  outcomeOf,
  receiptFlags,
  refundAuthorization,
  rejectApproval,
  revealCard,
  reverseAuthorization,
  signApproval,
} from '@countersign/core';
import { commit } from '@countersign/audit';

import { cardIdOf } from '../ids.ts';
import { callerId } from '../record/caller.ts';
import type { Configuration } from './configuration.ts';
import { decisionBody, purchaseBody, withoutNulls } from './entry-body.ts';
import { type PreparedOpening, type PreparedStep, type Refusal, refusal } from './prepare-command.ts';
import type { PeriodKey, ResolvedAction } from './resolve-action.ts';
import type { CheckoutFor, GateEntropy, GateSettings } from './settings.ts';
import type { WorkingSet } from './working-set.ts';

export interface PerformContext {
  readonly configuration: Configuration;
  readonly settings: GateSettings;
  readonly checkoutFor: CheckoutFor;
  readonly entropy: GateEntropy;
  readonly working: WorkingSet;
  /** `budget id|start` -> period id, for every period the batch has locked. */
  readonly periodIds: ReadonlyMap<string, bigint>;
  /** The period that is credited when a purchase's own period is over. */
  readonly creditPeriod: (periodId: bigint, atMs: number) => bigint;
}

/** What a command came to, before it is sealed: the draft at `draftIndex` is its first log entry. */
export interface Performed {
  readonly ok: true;
  readonly draftIndex: number;
  readonly state: PurchaseState | null;
  readonly createdId: string | null;
  readonly decision: Decision | null;
}

/** Opens a purchase: always an outcome, denied included. */
export function performRequest(prepared: PreparedOpening, context: PerformContext, nowMs: number): Performed {
  const { working, configuration, settings } = context;
  const { command, resolved } = prepared;
  if (command.kind !== 'request') throw new Error('not a purchase request');
  const facts = factsOf(
    prepared.resolved,
    prepared.periods,
    null,
    working.duplicateAtMs(prepared.fingerprint),
    context,
  );
  const checkout = context.checkoutFor(resolved.action.rail, cardIdOf(prepared.resourceId));
  const waits = command.input.expiresInSeconds;
  const opened = openPurchase(
    {
      requestId: prepared.resourceId,
      approvalId: context.entropy.newId('apr'),
      action: resolved.action,
      termsHash: prepared.termsHash,
      checkout,
      approvalValidForMs: waits === null ? settings.approvalValidForMs : waits * 1000,
    },
    { ...facts, stage: 'request', signedSteps: [] },
    nowMs,
  );
  const { state } = opened;
  const [event] = opened.events;
  if (event?.findings === undefined || event.findings === null)
    throw new Error('an opening has one decided event');
  const entryId = working.nextEntryId();
  const transfers = working.apply(event.transfers);
  const draftIndex = working.drafts.length;
  const decision = { outcome: outcomeOf(event.findings), findings: event.findings };
  working.drafts.push({
    type: event.type,
    subjectId: state.requestId,
    actor: prepared.caller,
    body: purchaseBody(event, transfers, state, {
      terms: prepared.terms,
      decision: decisionBody(
        decision.outcome,
        decision.findings,
        { ...facts, stage: 'request', signedSteps: [] },
        configuration.version,
      ),
    }),
  });
  const external = state.status === 'approved' && state.card === null;
  const externalExpiresAtMs = external ? nowMs + settings.externalValidForMs : null;
  working.newPurchases.push({
    requestId: state.requestId,
    agentId: resolved.action.agentId,
    fingerprint: prepared.fingerprint,
    vendor: resolved.action.counterparty,
    currency: resolved.action.currency,
    amountMinor: resolved.action.amountMinor,
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
  working.newPurchaseIds.add(state.requestId);
  if (state.approval !== null)
    working.changedApprovals.set(state.requestId, { approval: state.approval, entryId });
  if (state.card !== null) working.changedCards.set(state.requestId, entryId);
  if (state.status !== 'denied') working.accepted(prepared.fingerprint, nowMs);
  working.keepPurchase(state, externalExpiresAtMs);
  return { ok: true, draftIndex, state, createdId: null, decision };
}

/** Asks one policy about an action that is not a purchase. */
export function performCheck(prepared: PreparedOpening, context: PerformContext, nowMs: number): Performed {
  const { working, configuration } = context;
  const { action, policies } = prepared.resolved;
  const duplicateAtMs = working.duplicateAtMs(prepared.fingerprint);
  const facts = {
    ...factsOf(prepared.resolved, [], null, duplicateAtMs, context),
    stage: 'request',
    signedSteps: [],
  } as const;
  const findings = [...suspensionOf(prepared.resolved), ...decidePolicies(action, policies, facts, nowMs)];
  const outcome = outcomeOf(findings);
  const decision = CHECK_DECISION[outcome];
  const entryId = working.nextEntryId();
  const draftIndex = working.drafts.length;
  working.drafts.push({
    type: `check.${CHECK_EVENT[outcome]}`,
    subjectId: prepared.resourceId,
    actor: prepared.caller,
    body: withoutNulls({
      check: { decision },
      decision: decisionBody(outcome, findings, facts, configuration.version),
      terms: prepared.terms,
    }),
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
  const before = current.state;
  const facts =
    prepared.resolved === null ? null : factsOf(prepared.resolved, prepared.periods, before, null, context);
  const transition = transitionOf(
    prepared,
    before,
    facts,
    created,
    current.externalExpiresAtMs,
    context,
    nowMs,
  );
  if (!transition.ok) return refusal(transition.code, transition.message);
  const draftIndex = working.drafts.length;
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
        transition.state,
        stepDecision(event, facts, prepared, before, configuration),
      ),
    });
  }
  keep(prepared, before, transition.state, created, entryId, context, nowMs);
  return {
    ok: true,
    draftIndex,
    state: transition.state,
    createdId: created,
    decision: findings === null ? null : { outcome: outcomeOf(findings), findings },
  };
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
      configuration.version,
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
  created: string | null,
  externalExpiresAtMs: number | null,
  context: PerformContext,
  nowMs: number,
): Transition | Refusal {
  const { command, caller } = prepared;
  const agentOwner = context.configuration.agents.get(state.action.agentId)?.owner ?? null;
  const needed = <T>(value: T | null): T => {
    if (value === null) throw new Error(`a ${command.kind} was prepared without what it needs`);
    return value;
  };
  switch (command.kind) {
    case 'sign':
    case 'reject': {
      if (caller.kind !== 'principal')
        return refusal('not_an_approver', 'Only a person may decide an approval.');
      const signer = { principalId: caller.principalId, email: caller.email };
      if (command.kind === 'reject') {
        const reasonCommitment = note(prepared, command.reason, context);
        return rejectApproval(state, { signer, agentOwner, reasonCommitment });
      }
      const checkout = context.checkoutFor(state.action.rail, cardIdOf(state.requestId));
      return signApproval(state, { ...command, signer, checkout }, { ...needed(facts), agentOwner }, nowMs);
    }
    case 'cancel':
      return cancelPurchase(state, {
        cancelledBy: callerId(caller),
        reasonCommitment: command.reason === null ? null : note(prepared, command.reason, context),
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
          approvalId: context.entropy.newId('apr'),
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

/** Keeps a free text apart from the log and returns the commitment that stands for it there. */
function note(prepared: PreparedStep, text: string, context: PerformContext): string {
  const salt = context.entropy.newSalt();
  context.working.notes.push({
    entryId: context.working.nextEntryId(),
    requestId: prepared.requestId,
    text,
    salt,
  });
  return commit(text, salt);
}

function keep(
  prepared: PreparedStep,
  before: PurchaseState,
  after: PurchaseState,
  created: string | null,
  entryId: bigint,
  context: PerformContext,
  nowMs: number,
): void {
  const { working } = context;
  const { command, requestId } = prepared;
  const external = after.status === 'approved' && after.card === null;
  working.keepPurchase(after, external ? nowMs + context.settings.externalValidForMs : null);
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

function suspensionOf(resolved: ResolvedAction): Decision['findings'] {
  if (resolved.agent.status === 'active') return [];
  return [
    {
      control: 'agent-status',
      policyId: null,
      ruleId: null,
      outcome: 'deny',
      reasonCode: 'agent_suspended',
      message: `The agent \`${resolved.agent.agentId}\` is suspended.`,
      observed: 'suspended',
      limit: 'active',
      clause: null,
      nextStep: 'An operator must resume the agent first.',
      approvers: null,
    },
  ];
}

/** Facts of a decision: configuration that cannot change under the lock, and balances as the batch left them. */
function factsOf(
  resolved: ResolvedAction,
  periods: readonly PeriodKey[],
  state: PurchaseState | null,
  duplicateAtMs: number | null,
  context: PerformContext,
): Omit<DecisionFacts, 'stage' | 'signedSteps'> {
  return {
    agent: resolved.agent,
    policies: resolved.policies,
    budgets: periods.map((period) => {
      const periodId = context.periodIds.get(period.key);
      const balance = periodId === undefined ? undefined : context.working.balance(periodId);
      if (balance === undefined) throw new Error(`the budget period ${period.key} was not locked`);
      const own = state?.reservedPeriods.includes(balance.periodId) === true ? state.reservedMinor : 0n;
      return {
        budgetId: balance.budgetId,
        periodId: balance.periodId,
        currency: balance.currency,
        limitMinor: balance.limitMinor,
        pendingMinor: balance.pendingMinor,
        committedMinor: balance.committedMinor,
        spentMinor: balance.spentMinor,
        ownMinor: own,
        cap: period.cap,
      };
    }),
    duplicateAtMs,
  };
}

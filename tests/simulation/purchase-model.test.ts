import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  AUTHORIZATION_LAPSES_AFTER_MS,
  type Action,
  type Balance,
  type BudgetFacts,
  type CheckoutStatus,
  type CompiledPolicy,
  type DecisionFacts,
  EMPTY_BALANCE,
  type Merchant,
  NOT_RELATED,
  NO_EXCHANGE,
  type PurchaseState,
  type Transfer,
  type Transition,
  applyTransfer,
  authorizeCard,
  cancelPurchase,
  captureAuthorization,
  expirePurchase,
  forcePost,
  openPurchase,
  overrunTransfer,
  parsePolicy,
  refundAuthorization,
  rejectApproval,
  reverseAuthorization,
  signApproval,
} from '@countersign/core';

import { AGENTS, OWNER, type RandomCommand, concrete, randomCommand } from './random-commands.ts';
import { type ModelCommand, type ModelPolicy, ReferenceModel, quorumOf } from './reference-model.ts';

const START_MS = Date.UTC(2026, 2, 4, 12);
const APPROVAL_MS = 24 * 3_600_000;
const CARD_MS = 7 * 24 * 3_600_000;
const RUNS = 500;

const FIRST_POLICY: ModelPolicy = {
  maxMinor: 1_000n,
  holdAbove: { r_hold_1: 80n, r_hold_2: 120n },
  duplicateWindowMs: null,
};
const BUDGETS = [
  { id: 'all', agentId: null, limitMinor: 600n },
  { id: 'of_a', agentId: AGENTS[0], limitMinor: 300n },
] as const;

/** The product's transitions and ledger, with the bookkeeping that the gate does around them. */
class TransitionSystem {
  readonly purchases = new Map<string, PurchaseState>();
  readonly transfers: Transfer[] = [];
  readonly balances = new Map<bigint, Balance>();
  readonly periodOf = new Map(BUDGETS.map((budget, index) => [budget.id as string, BigInt(index + 1)]));
  #policy = compiled(FIRST_POLICY);
  readonly #windowMs = { current: FIRST_POLICY.duplicateWindowMs };
  readonly #suspended = new Set<string>();
  readonly #createdAtMs = new Map<string, number>();

  constructor() {
    for (const { id, limitMinor } of BUDGETS) this.#transfer(this.#limitChange(id, limitMinor));
  }

  /** The refusal's code, or how many entries the command made. */
  perform(command: ModelCommand, nowMs: number): string | number {
    switch (command.kind) {
      case 'set_policy':
        this.#policy = compiled(command.policy);
        this.#windowMs.current = command.policy.duplicateWindowMs;
        return 1;
      case 'set_limit':
        this.#transfer(this.#limitChange(command.budgetId, command.limitMinor));
        return 1;
      case 'set_suspended':
        if (command.suspended) this.#suspended.add(command.agentId);
        else this.#suspended.delete(command.agentId);
        return 1;
      case 'request':
        this.#createdAtMs.set(command.id, nowMs);
        return this.#keep(command.id, this.#open(command, nowMs));
      default: {
        const before = this.purchases.get(command.id);
        if (before === undefined) return 'request_not_found';
        const transition = this.#step(before, command, nowMs);
        if (transition.ok) expectLegal(before, transition.state);
        return this.#keep(command.id, transition);
      }
    }
  }

  #open(command: ModelCommand & { kind: 'request' }, nowMs: number): Transition {
    const action = actionOf(command);
    return openPurchase(
      {
        requestId: command.id,
        approvalId: `apr_${command.id}`,
        action,
        termsHash: () => 'ab'.repeat(32),
        checkout: checkoutOf(command.id),
        approvalValidForMs: APPROVAL_MS,
      },
      {
        ...this.#facts(action, null),
        stage: 'request',
        signedSteps: [],
        duplicateAtMs: this.#duplicateAt(action),
      },
      nowMs,
    );
  }

  #step(
    state: PurchaseState,
    command: Exclude<ModelCommand, { kind: 'request' | 'set_policy' | 'set_limit' | 'set_suspended' }>,
    nowMs: number,
  ): Transition {
    const facts = this.#facts(state.action, state);
    switch (command.kind) {
      case 'sign':
        return signApproval(
          state,
          {
            signer: { principalId: command.person, email: null, actsFor: [] },
            viewedAtMs: null,
            authorizationReference: 'REF',
            comment: null,
            commentCommitment: null,
            checkout: checkoutOf(command.id),
          },
          { ...facts, agentOwner: OWNER },
          nowMs,
        );
      case 'reject':
        return rejectApproval(
          state,
          {
            signer: { principalId: command.person, email: null, actsFor: [] },
            agentOwner: OWNER,
            reasonCommitment: 'c',
            viewedAtMs: null,
          },
          nowMs,
        );
      case 'cancel':
        return cancelPurchase(state, { cancelledBy: 'someone', reasonCommitment: null });
      case 'expire':
        return expirePurchase(state, nowMs, null);
      case 'authorize':
        return authorizeCard(
          state,
          {
            ...command,
            merchant: merchant(command.vendor),
            approvalId: `apr_${command.id}`,
            termsHash: 'ab'.repeat(32),
            approvalValidForMs: APPROVAL_MS,
          },
          facts,
          nowMs,
        );
      case 'capture':
        return captureAuthorization(state, { ...command, closeAuthorization: command.close });
      case 'reverse':
        return reverseAuthorization(state, command, nowMs);
      case 'refund':
        return refundAuthorization(state, { ...command, creditPeriods: state.reservedPeriods });
      case 'force_post':
        return forcePost(state, { ...command, currency: 'USD', merchant: merchant(command.vendor) });
    }
  }

  #keep(id: string, transition: Transition): string | number {
    if (!transition.ok) return transition.code;
    this.purchases.set(id, transition.state);
    for (const event of transition.events) this.#transfer(event.transfers);
    return transition.events.length;
  }

  #transfer(transfers: readonly Transfer[]): void {
    const run = (transfer: Transfer): void => {
      this.transfers.push(transfer);
      this.balances.set(transfer.periodId, applyTransfer(this.#balance(transfer.periodId), transfer));
    };
    transfers.forEach(run);
    for (const periodId of new Set(transfers.map((transfer) => transfer.periodId))) {
      const overrun = overrunTransfer(periodId, this.#balance(periodId));
      if (overrun !== null) run(overrun);
    }
  }

  #balance(periodId: bigint): Balance {
    return this.balances.get(periodId) ?? EMPTY_BALANCE;
  }

  #limitChange(budgetId: string, limitMinor: bigint): Transfer[] {
    const periodId = this.periodOf.get(budgetId) ?? 0n;
    const difference = limitMinor - this.#balance(periodId).limitMinor;
    if (difference === 0n) return [];
    return difference > 0n
      ? [{ periodId, from: 'external', to: 'available', amountMinor: difference }]
      : [{ periodId, from: 'available', to: 'external', amountMinor: -difference }];
  }

  #duplicateAt(action: Action): number | null {
    let latest: number | null = null;
    for (const [id, state] of this.purchases) {
      const { agentId, counterparty, amountMinor } = state.action;
      const same =
        agentId === action.agentId &&
        counterparty === action.counterparty &&
        amountMinor === action.amountMinor;
      const atMs = this.#createdAtMs.get(id) ?? 0;
      if (same && ['approved', 'held'].includes(state.status)) latest = Math.max(latest ?? 0, atMs);
    }
    return latest;
  }

  #facts(action: Action, own: PurchaseState | null): Omit<DecisionFacts, 'stage' | 'signedSteps'> {
    const budgets: BudgetFacts[] = BUDGETS.filter(
      (budget) => budget.agentId === null || budget.agentId === action.agentId,
    ).map((budget) => {
      const periodId = this.periodOf.get(budget.id) ?? 0n;
      const ownMinor = own?.reservedPeriods.includes(periodId) === true ? own.reservedMinor : 0n;
      return {
        budgetId: budget.id,
        periodId,
        currency: 'USD',
        ...this.#balance(periodId),
        ownMinor,
        cap: null,
      };
    });
    const status = this.#suspended.has(action.agentId) ? 'suspended' : 'active';
    return {
      agent: { agentId: action.agentId, status, bindings: {} },
      policies: [this.#policy],
      budgets,
      duplicateAtMs: null,
      jurisdiction: null,
      authority: null,
      related: NOT_RELATED,
      exchange: NO_EXCHANGE,
      supplier: null,
      supplierReview: null,
    };
  }
}

function compiled(policy: ModelPolicy): CompiledPolicy {
  const amount = (minor: bigint): string => `${minor / 100n}.${(minor % 100n).toString().padStart(2, '0')}`;
  const windowMinutes = policy.duplicateWindowMs === null ? null : policy.duplicateWindowMs / 60_000;
  const parsed = parsePolicy(
    {
      policy_id: 'pol',
      name: 'pol',
      rules: [
        {
          rule_id: 'r_max',
          rule_type: 'max_amount',
          parameters: { limit: amount(policy.maxMinor), currency: 'USD' },
        },
        ...Object.entries(policy.holdAbove).map(([ruleId, above]) => ({
          rule_id: ruleId,
          rule_type: 'escalate_if',
          parameters: { amount_above: amount(above), quorum: quorumOf(ruleId) },
        })),
        ...(windowMinutes === null
          ? []
          : [
              {
                rule_id: 'r_dup',
                rule_type: 'duplicate_guard',
                parameters: { window_minutes: windowMinutes },
              },
            ]),
      ],
    },
    1,
  );
  if (!parsed.ok) throw new Error(parsed.faults[0]?.message);
  return parsed.policy;
}

function actionOf(command: ModelCommand & { kind: 'request' }): Action {
  return {
    subject: 'purchase',
    type: 'spend',
    agentId: command.agentId,
    team: null,
    entityId: 'default',
    policyId: 'pol',
    counterparty: command.vendor,
    amountMinor: command.amountMinor,
    currency: 'USD',
    category: null,
    costCenter: null,
    project: null,
    rail: 'card',
    country: null,
    mcc: null,
    merchantDomain: null,
    daysSincePurchase: null,
    discountBasisPoints: null,
    dealAmountMinor: null,
    sourcing: null,
    sources: {},
  };
}

function checkoutOf(id: string): Parameters<typeof openPurchase>[0]['checkout'] {
  return { method: 'card', provider: 'sandbox', cardId: `card_${id}`, last4: '4242', validForMs: CARD_MS };
}

function merchant(name: string): Merchant {
  return { name, domain: null, merchantId: null, mcc: null, country: null };
}

const LEGAL_CHECKOUT: Readonly<Record<string, readonly CheckoutStatus[]>> = {
  none: ['none', 'issued', 'settled', 'reconciled'], // settled: a forced post on a card that was frozen
  issued: ['issued', 'none', 'charged', 'settled', 'reconciled'],
  charged: ['charged', 'issued', 'reversed', 'settled', 'reconciled'],
  settled: ['settled', 'reconciled'],
  reconciled: ['reconciled', 'settled'], // a forced post that does not match
  reversed: ['reversed', 'settled', 'reconciled'], // a clearing that comes late
};
const LEGAL_STATUS: Readonly<Record<string, readonly PurchaseState['status'][]>> = {
  held: ['held', 'approved', 'denied', 'cancelled', 'expired'],
  approved: ['approved', 'held', 'denied', 'cancelled', 'expired'],
  denied: ['denied'],
  cancelled: ['cancelled'],
  expired: ['expired'],
};

function expectLegal(before: PurchaseState, after: PurchaseState): void {
  expect(LEGAL_CHECKOUT[before.checkoutStatus]).toContain(after.checkoutStatus);
  expect(LEGAL_STATUS[before.status]).toContain(after.status);
  if (before.status === 'held' && after.status === 'approved') {
    // Invariant 4 and 5: nothing goes on without every signature, each by another person, none by the owner.
    const steps = after.approval?.steps ?? [];
    const signers = steps.flatMap((step) => step.signatures.map((signature) => signature.principalId));
    expect(steps.every((step) => step.signatures.length >= step.quorum)).toBe(true);
    expect(signers.length).toBeGreaterThan(0);
    expect(new Set(signers).size).toBe(signers.length);
    expect(signers).not.toContain(OWNER);
  }
}

function expectInvariants(system: TransitionSystem): void {
  const folded = new Map<bigint, Balance>();
  for (const transfer of system.transfers) {
    folded.set(transfer.periodId, applyTransfer(folded.get(transfer.periodId) ?? EMPTY_BALANCE, transfer));
  }
  expect(folded).toEqual(system.balances);
  for (const balance of system.balances.values()) {
    const used = balance.pendingMinor + balance.committedMinor + balance.spentMinor;
    expect(used <= balance.limitMinor + balance.overrunMinor).toBe(true);
    expect(balance.pendingMinor >= 0n && balance.committedMinor >= 0n).toBe(true);
  }
  for (const state of system.purchases.values()) {
    const isLive = state.card?.status === 'active' || state.card?.status === 'used';
    if (isLive) expect(state.status).toBe('approved');
    if (state.card !== null) expect(['approved', 'none']).not.toBe(state.approvedBy);
    if (state.card?.status === 'frozen') expect(state.status).toBe('held');
    if (['denied', 'cancelled', 'expired'].includes(state.status)) expect(state.reservedMinor).toBe(0n);
    if (state.status === 'held') expect(state.approval?.status).toBe('pending');
    else expect(state.approval?.status ?? 'approved').not.toBe('pending');
    const open = state.authorizations.filter((each) => each.approved && !each.closed && !each.forced);
    expect(open.length).toBeLessThanOrEqual(1);
    // Invariant 3: what is authorized and open never goes beyond the request.
    if (isLive) for (const each of open) expect(each.amountMinor <= state.action.amountMinor).toBe(true);
  }
}

/** Time alone brings every purchase to an end: nothing stays reserved, no card stays alive. */
function expectAllEnd(system: TransitionSystem, model: ReferenceModel, nowMs: number): void {
  const late = nowMs + 10 * (APPROVAL_MS + CARD_MS + AUTHORIZATION_LAPSES_AFTER_MS);
  for (const id of system.purchases.keys()) {
    system.perform({ kind: 'expire', id }, late);
    model.apply({ kind: 'expire', id }, late);
  }
  expectSame(system, model);
  for (const state of system.purchases.values()) {
    expect(state.reservedMinor).toBe(0n);
    expect(['active', 'frozen', 'used']).not.toContain(state.card?.status);
    expect(state.status).not.toBe('held');
  }
  for (const balance of system.balances.values()) {
    expect([balance.pendingMinor, balance.committedMinor]).toEqual([0n, 0n]);
  }
}

function expectSame(system: TransitionSystem, model: ReferenceModel): void {
  for (const [id, wanted] of model.purchases) {
    const state = system.purchases.get(id);
    expect({
      id,
      status: state?.status,
      checkout: state?.checkoutStatus,
      card: state?.card?.status ?? null,
      reserved: state?.reservedMinor,
      settled: state?.settledMinor,
    }).toEqual({
      id,
      status: wanted.status,
      checkout: wanted.checkout,
      card: wanted.card?.status ?? null,
      reserved: wanted.reservedMinor,
      settled: wanted.settledMinor,
    });
  }
  for (const budget of model.budgets.values()) {
    expect(system.balances.get(system.periodOf.get(budget.id) ?? 0n)).toEqual({
      limitMinor: budget.limitMinor,
      pendingMinor: model.pendingOf(budget.id),
      committedMinor: model.committedOf(budget.id),
      spentMinor: model.spentOf(budget.id),
      overrunMinor: budget.overrunMinor,
    });
  }
}

function run(commands: readonly RandomCommand[]): Map<string, number> {
  const system = new TransitionSystem();
  const model = new ReferenceModel({
    policy: FIRST_POLICY,
    budgets: BUDGETS,
    owner: OWNER,
    times: { approvalMs: APPROVAL_MS, cardMs: CARD_MS, lapseMs: AUTHORIZATION_LAPSES_AFTER_MS },
  });
  const seen = new Map<string, number>();
  let ids = 0;
  let nowMs = START_MS;
  for (const random of commands) {
    nowMs += random.waitMs;
    const command = concrete(random, model, (prefix) => `${prefix}_${(ids += 1)}`);
    if (command === null) continue;
    const wanted = model.apply(command, nowMs);
    const got = system.perform(command, nowMs);
    const note = `${command.kind}:${typeof got === 'string' ? got : 'ok'}`;
    seen.set(note, (seen.get(note) ?? 0) + 1);
    if (!wanted.ok) expect({ command, got }).toEqual({ command, got: wanted.code });
    else if (!command.kind.startsWith('set_'))
      expect({ command, got }).toEqual({ command, got: wanted.entries });
    expectSame(system, model);
    expectInvariants(system);
  }
  for (const state of system.purchases.values()) {
    const note = `end:${state.status}/${state.checkoutStatus}`;
    seen.set(note, (seen.get(note) ?? 0) + 1);
  }
  expectAllEnd(system, model, nowMs);
  for (const state of system.purchases.values()) {
    const note = `over:${state.status}/${state.checkoutStatus}`;
    seen.set(note, (seen.get(note) ?? 0) + 1);
  }
  return seen;
}

describe('the transitions of a purchase against a plain model', () => {
  it('agree after every step of random lives, keep every invariant, and all come to an end', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(fc.array(randomCommand(), { minLength: 10, maxLength: 70, size: 'max' }), (commands) => {
        for (const [note, count] of run(commands)) seen.set(note, (seen.get(note) ?? 0) + count);
      }),
      { numRuns: RUNS, interruptAfterTimeLimit: 30_000 },
    );
    // A simulation that never gets anywhere proves nothing.
    for (const wanted of [
      'request:ok',
      'sign:ok',
      'sign:self_approval',
      'reject:ok',
      'cancel:ok',
      'expire:ok',
      'authorize:ok',
      'capture:ok',
      'capture:authorization_closed',
      'reverse:ok',
      'refund:ok',
      'force_post:ok',
      'end:approved/issued',
      'end:approved/charged',
      'end:approved/settled',
      'end:approved/reconciled',
      'end:held/none',
      'over:expired/reversed',
      'over:approved/reconciled',
    ]) {
      expect(seen.get(wanted) ?? 0, wanted).toBeGreaterThan(3);
    }
  });
});

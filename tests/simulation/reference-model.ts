// reference-model.ts: what Countersign should do with a purchase, said a second time as plainly as possible: one mutable
// record a purchase, budgets as sums over these records. No transfers, no transitions, no SQL.
// Must not import any of the code it is compared with.

export interface ModelPolicy {
  readonly maxMinor: bigint;
  /** Rule id -> amount above which its step has to be signed, in the order of the policy. */
  readonly holdAbove: Readonly<Record<string, bigint>>;
  /** Milliseconds; null: duplicates are allowed. */
  readonly duplicateWindowMs: number | null;
}

export interface ModelBudget {
  readonly id: string;
  /** null: covers everybody. */
  readonly agentId: string | null;
  limitMinor: bigint;
  overrunMinor: bigint;
}

export interface ModelAuthorization {
  readonly amountMinor: bigint;
  capturedMinor: bigint;
  reversedMinor: bigint;
  refundedMinor: bigint;
  closed: boolean;
}

export interface ModelPurchase {
  readonly id: string;
  readonly agentId: string;
  readonly vendor: string;
  readonly amountMinor: bigint;
  readonly createdAtMs: number;
  status: 'approved' | 'held' | 'denied' | 'cancelled' | 'expired';
  checkout: 'none' | 'issued' | 'charged' | 'settled' | 'reconciled' | 'reversed';
  card: { status: 'active' | 'frozen' | 'used' | 'cancelled' | 'expired'; expiresAtMs: number } | null;
  /** Budgets that carry it. */
  budgets: string[];
  reservedMinor: bigint;
  settledMinor: bigint;
  approvalExpiresAtMs: number;
  steps: { readonly rule: string; signers: string[] }[];
  /** Approved ones and forced ones only. */
  readonly authorizations: Map<string, ModelAuthorization>;
  vendorDiffers: boolean;
}

export type ModelCommand =
  | {
      readonly kind: 'request';
      readonly id: string;
      readonly agentId: string;
      readonly vendor: string;
      readonly amountMinor: bigint;
    }
  | { readonly kind: 'sign' | 'reject'; readonly id: string; readonly person: string }
  | { readonly kind: 'cancel' | 'expire'; readonly id: string }
  | {
      readonly kind: 'authorize';
      readonly id: string;
      readonly authorizationId: string;
      readonly amountMinor: bigint;
      readonly vendor: string;
      readonly currency: string;
    }
  | {
      readonly kind: 'capture';
      readonly id: string;
      readonly authorizationId: string;
      readonly amountMinor: bigint;
      readonly close: boolean;
    }
  | {
      readonly kind: 'reverse' | 'refund';
      readonly id: string;
      readonly authorizationId: string;
      readonly amountMinor: bigint;
    }
  | {
      readonly kind: 'force_post';
      readonly id: string;
      readonly authorizationId: string;
      readonly amountMinor: bigint;
      readonly vendor: string;
    }
  | { readonly kind: 'set_policy'; readonly policy: ModelPolicy }
  | { readonly kind: 'set_limit'; readonly budgetId: string; readonly limitMinor: bigint }
  | { readonly kind: 'set_suspended'; readonly agentId: string; readonly suspended: boolean };

/** `entries`: how many log entries it makes. */
export type ModelOutcome =
  | { readonly ok: true; readonly entries: number; readonly declined: boolean }
  | { readonly ok: false; readonly code: string };

export interface ModelTimes {
  readonly approvalMs: number;
  readonly cardMs: number;
  readonly lapseMs: number;
}

const CURRENCY = 'USD';

export class ReferenceModel {
  readonly purchases = new Map<string, ModelPurchase>();
  readonly budgets: Map<string, ModelBudget>;
  readonly owner: string;
  readonly times: ModelTimes;
  policy: ModelPolicy;
  suspended = new Set<string>();

  constructor(options: {
    readonly policy: ModelPolicy;
    readonly budgets: readonly Pick<ModelBudget, 'id' | 'agentId' | 'limitMinor'>[];
    /** Owns every agent, so may sign nothing. */
    readonly owner: string;
    readonly times: ModelTimes;
  }) {
    this.policy = options.policy;
    this.budgets = new Map(options.budgets.map((budget) => [budget.id, { ...budget, overrunMinor: 0n }]));
    this.owner = options.owner;
    this.times = options.times;
  }

  clone(): ReferenceModel {
    const { policy, owner, times } = this;
    const copy = new ReferenceModel({ policy, owner, times, budgets: [] });
    for (const [id, budget] of this.budgets) copy.budgets.set(id, { ...budget });
    for (const [id, purchase] of this.purchases) {
      copy.purchases.set(id, {
        ...purchase,
        card: purchase.card === null ? null : { ...purchase.card },
        budgets: [...purchase.budgets],
        steps: purchase.steps.map(({ rule, signers }) => ({ rule, signers: [...signers] })),
        authorizations: new Map([...purchase.authorizations].map(([key, value]) => [key, { ...value }])),
      });
    }
    copy.suspended = new Set(this.suspended);
    return copy;
  }

  pendingOf(budgetId: string): bigint {
    return this.#sum(budgetId, (purchase) => (purchase.status === 'held' ? purchase.reservedMinor : 0n));
  }

  committedOf(budgetId: string): bigint {
    return this.#sum(budgetId, (purchase) => (purchase.status === 'held' ? 0n : purchase.reservedMinor));
  }

  spentOf(budgetId: string): bigint {
    return this.#sum(budgetId, (purchase) => purchase.settledMinor);
  }

  usedOf(budgetId: string): bigint {
    return this.pendingOf(budgetId) + this.committedOf(budgetId) + this.spentOf(budgetId);
  }

  apply(command: ModelCommand, nowMs: number): ModelOutcome {
    const outcome = this.#apply(command, nowMs);
    for (const budget of this.budgets.values()) {
      const excess = this.usedOf(budget.id) - budget.limitMinor;
      if (excess > budget.overrunMinor) budget.overrunMinor = excess;
    }
    return outcome;
  }

  #apply(command: ModelCommand, nowMs: number): ModelOutcome {
    switch (command.kind) {
      case 'set_policy':
        this.policy = command.policy;
        return done(1);
      case 'set_limit': {
        const budget = this.budgets.get(command.budgetId);
        if (budget !== undefined) budget.limitMinor = command.limitMinor;
        return done(1);
      }
      case 'set_suspended':
        if (command.suspended) this.suspended.add(command.agentId);
        else this.suspended.delete(command.agentId);
        return done(1);
      case 'request':
        return this.#request(command, nowMs);
      default: {
        const purchase = this.purchases.get(command.id);
        if (purchase === undefined) return refused('request_not_found');
        return this.#step(purchase, command, nowMs);
      }
    }
  }

  #step(
    purchase: ModelPurchase,
    command: Exclude<ModelCommand, { kind: 'request' | 'set_policy' | 'set_limit' | 'set_suspended' }>,
    nowMs: number,
  ): ModelOutcome {
    switch (command.kind) {
      case 'sign':
        return this.#sign(purchase, command.person, nowMs);
      case 'reject': {
        if (purchase.status !== 'held') return refused('approval_not_pending');
        const fault = this.#signerFault(purchase, command.person);
        if (fault !== null) return refused(fault);
        end(purchase, 'denied', 'cancelled');
        return done(1);
      }
      case 'cancel':
        if (!isOpen(purchase)) return refused('not_cancellable');
        end(purchase, 'cancelled', 'cancelled');
        return done(1);
      case 'expire':
        return this.#expire(purchase, nowMs);
      case 'authorize':
        return this.#authorize(purchase, command, nowMs);
      case 'capture':
        return capture(purchase, command);
      case 'reverse':
        return reverse(purchase, command, nowMs);
      case 'refund': {
        const authorization = purchase.authorizations.get(command.authorizationId);
        if (authorization === undefined) return refused('authorization_not_found');
        if (authorization.capturedMinor === 0n) return refused('nothing_to_refund');
        authorization.refundedMinor += command.amountMinor;
        purchase.settledMinor -= command.amountMinor;
        return done(1);
      }
      case 'force_post':
        return forcePost(purchase, command);
    }
  }

  #request(command: ModelCommand & { kind: 'request' }, nowMs: number): ModelOutcome {
    const { id, agentId, vendor, amountMinor } = command;
    const purchase: ModelPurchase = {
      id,
      agentId,
      vendor,
      amountMinor,
      createdAtMs: nowMs,
      status: 'denied',
      checkout: 'none',
      card: null,
      budgets: [],
      reservedMinor: 0n,
      settledMinor: 0n,
      approvalExpiresAtMs: nowMs + this.times.approvalMs,
      steps: [],
      authorizations: new Map(),
      vendorDiffers: false,
    };
    const isDenied = this.#isDenied(purchase) || this.#isDuplicate(purchase, nowMs);
    this.purchases.set(id, purchase);
    if (isDenied) return done(1);
    purchase.budgets = this.#budgetsOf(agentId);
    purchase.reservedMinor = amountMinor;
    this.#holdOrApprove(purchase, nowMs);
    return done(1);
  }

  #sign(purchase: ModelPurchase, person: string, nowMs: number): ModelOutcome {
    if (purchase.status !== 'held') return refused('approval_not_pending');
    if (nowMs >= purchase.approvalExpiresAtMs) return refused('approval_expired');
    const fault = this.#signerFault(purchase, person);
    if (fault !== null) return refused(fault);
    purchase.steps.find(isWaiting)?.signers.push(person);
    if (purchase.steps.some(isWaiting)) return done(1);
    if (this.#isDenied(purchase)) {
      end(purchase, 'denied', 'cancelled');
      return done(1);
    }
    purchase.reservedMinor = purchase.amountMinor;
    this.#holdOrApprove(purchase, nowMs);
    return done(1);
  }

  #holdOrApprove(purchase: ModelPurchase, nowMs: number): void {
    this.#addSteps(purchase);
    if (purchase.steps.some(isWaiting)) {
      purchase.status = 'held';
      return;
    }
    purchase.status = 'approved';
    purchase.checkout = 'issued';
    purchase.card = { status: 'active', expiresAtMs: nowMs + this.times.cardMs };
  }

  #expire(purchase: ModelPurchase, nowMs: number): ModelOutcome {
    const { card } = purchase;
    if (purchase.status === 'held') {
      if (nowMs < purchase.approvalExpiresAtMs) return refused('not_expired');
      end(purchase, 'expired', 'expired');
      return done(1);
    }
    if (purchase.status !== 'approved' || card === null) return refused('not_expired');
    if (purchase.checkout === 'issued' && nowMs >= card.expiresAtMs) {
      end(purchase, 'expired', 'expired');
      return done(1);
    }
    if (card.status !== 'used' || nowMs < card.expiresAtMs + this.times.lapseMs)
      return refused('not_expired');
    card.status = 'expired';
    if (capturedOf(purchase) === 0n) {
      purchase.checkout = 'reversed';
      end(purchase, 'expired', 'expired');
    } else {
      purchase.reservedMinor = 0n;
      close(purchase);
    }
    return done(1);
  }

  #authorize(
    purchase: ModelPurchase,
    command: ModelCommand & { kind: 'authorize' },
    nowMs: number,
  ): ModelOutcome {
    const { card } = purchase;
    if (card === null) return refused('card_not_found');
    const fits =
      card.status === 'active' &&
      nowMs < card.expiresAtMs &&
      command.currency === CURRENCY &&
      command.vendor === purchase.vendor &&
      command.amountMinor <= purchase.reservedMinor;
    if (!fits) return { ok: true, entries: 1, declined: true };
    if (this.#isDenied(purchase)) {
      end(purchase, 'denied', 'cancelled');
      return { ok: true, entries: 1, declined: true };
    }
    this.#addSteps(purchase);
    if (purchase.steps.some(isWaiting)) {
      purchase.status = 'held';
      purchase.checkout = 'none';
      card.status = 'frozen';
      purchase.approvalExpiresAtMs = nowMs + this.times.approvalMs;
      return { ok: true, entries: 1, declined: true };
    }
    card.status = 'used';
    purchase.checkout = 'charged';
    purchase.authorizations.set(command.authorizationId, {
      amountMinor: command.amountMinor,
      capturedMinor: 0n,
      reversedMinor: 0n,
      refundedMinor: 0n,
      closed: false,
    });
    return { ok: true, entries: 1, declined: false };
  }

  /** Adds a step for each hold of the policy of now that nobody has signed. */
  #addSteps(purchase: ModelPurchase): void {
    for (const [rule, above] of Object.entries(this.policy.holdAbove)) {
      if (purchase.amountMinor <= above || purchase.steps.some((step) => step.rule === rule)) continue;
      purchase.steps.push({ rule, signers: [] });
    }
  }

  #isDenied(purchase: ModelPurchase): boolean {
    if (this.suspended.has(purchase.agentId)) return true;
    if (purchase.amountMinor > this.policy.maxMinor) return true;
    return this.#budgetsOf(purchase.agentId).some((budgetId) => {
      const own = purchase.budgets.includes(budgetId) ? purchase.reservedMinor : 0n;
      const limit = this.budgets.get(budgetId)?.limitMinor ?? 0n;
      return this.usedOf(budgetId) - own + purchase.amountMinor > limit;
    });
  }

  #isDuplicate(purchase: ModelPurchase, nowMs: number): boolean {
    const windowMs = this.policy.duplicateWindowMs;
    if (windowMs === null) return false;
    return [...this.purchases.values()].some(
      (earlier) =>
        (earlier.status === 'approved' || earlier.status === 'held') &&
        earlier.agentId === purchase.agentId &&
        earlier.vendor === purchase.vendor &&
        earlier.amountMinor === purchase.amountMinor &&
        nowMs - earlier.createdAtMs < windowMs,
    );
  }

  #signerFault(purchase: ModelPurchase, person: string): string | null {
    if (person === this.owner) return 'self_approval';
    if (purchase.steps.some(({ signers }) => signers.includes(person))) return 'already_signed';
    return null;
  }

  #budgetsOf(agentId: string): string[] {
    return [...this.budgets.values()]
      .filter((budget) => budget.agentId === null || budget.agentId === agentId)
      .map((budget) => budget.id);
  }

  #sum(budgetId: string, valueOf: (purchase: ModelPurchase) => bigint): bigint {
    let sum = 0n;
    for (const purchase of this.purchases.values()) {
      if (purchase.budgets.includes(budgetId)) sum += valueOf(purchase);
    }
    return sum;
  }
}

function capture(purchase: ModelPurchase, command: ModelCommand & { kind: 'capture' }): ModelOutcome {
  const authorization = purchase.authorizations.get(command.authorizationId);
  if (authorization === undefined) return refused('authorization_not_found');
  if (authorization.closed) return refused('authorization_closed');
  authorization.capturedMinor += command.amountMinor;
  authorization.closed = command.close;
  return post(purchase, command.amountMinor, command.close);
}

function forcePost(purchase: ModelPurchase, command: ModelCommand & { kind: 'force_post' }): ModelOutcome {
  if (purchase.card === null) return refused('card_not_found');
  purchase.authorizations.set(command.authorizationId, {
    amountMinor: command.amountMinor,
    capturedMinor: command.amountMinor,
    reversedMinor: 0n,
    refundedMinor: 0n,
    closed: true,
  });
  if (command.vendor !== purchase.vendor) purchase.vendorDiffers = true;
  return post(purchase, command.amountMinor, true);
}

function post(purchase: ModelPurchase, amountMinor: bigint, closing: boolean): ModelOutcome {
  const more = [...purchase.authorizations.values()].some((authorization) => !authorization.closed);
  const isLast = closing && !(purchase.card?.status === 'used' && more);
  purchase.settledMinor += amountMinor;
  purchase.reservedMinor = amountMinor < purchase.reservedMinor ? purchase.reservedMinor - amountMinor : 0n;
  purchase.checkout = 'settled';
  if (purchase.status === 'held') purchase.status = 'denied';
  if (!isLast) return done(1);
  purchase.reservedMinor = 0n;
  if (purchase.card !== null && purchase.card.status !== 'cancelled') purchase.card.status = 'expired';
  close(purchase);
  return done(2);
}

function reverse(
  purchase: ModelPurchase,
  command: { readonly authorizationId: string; readonly amountMinor: bigint },
  nowMs: number,
): ModelOutcome {
  const authorization = purchase.authorizations.get(command.authorizationId);
  if (authorization === undefined) return refused('authorization_not_found');
  const { amountMinor, reversedMinor, capturedMinor } = authorization;
  const openMinor = amountMinor - reversedMinor - capturedMinor;
  if (authorization.closed || openMinor <= 0n) return refused('nothing_to_reverse');
  if (command.amountMinor > openMinor) return refused('reversal_above_authorization');
  authorization.reversedMinor += command.amountMinor;
  authorization.closed = command.amountMinor === openMinor;
  const { card } = purchase;
  if (authorization.closed && card?.status === 'used') {
    if (capturedOf(purchase) > 0n) {
      purchase.reservedMinor = 0n;
      card.status = 'expired';
      close(purchase);
      return done(2);
    }
    if (nowMs < card.expiresAtMs) {
      card.status = 'active';
      purchase.checkout = 'issued';
      return done(1);
    }
    card.status = 'expired';
    purchase.checkout = 'reversed';
    purchase.reservedMinor = 0n;
    return done(1);
  }
  const kept = purchase.reservedMinor - command.amountMinor;
  purchase.reservedMinor = kept > 0n ? kept : 0n;
  return done(1);
}

/** The money is settled: it matches what was asked for, or it does not. */
function close(purchase: ModelPurchase): void {
  const mismatch =
    capturedOf(purchase) > purchase.amountMinor || purchase.vendorDiffers || purchase.status !== 'approved';
  purchase.checkout = mismatch ? 'settled' : 'reconciled';
}

function end(
  purchase: ModelPurchase,
  status: 'denied' | 'cancelled' | 'expired',
  card: 'cancelled' | 'expired',
): void {
  purchase.status = status;
  purchase.reservedMinor = 0n;
  if (purchase.card?.status === 'active' || purchase.card?.status === 'frozen') purchase.card.status = card;
}

function isOpen(purchase: ModelPurchase): boolean {
  return (
    purchase.status === 'held' ||
    (purchase.status === 'approved' && ['none', 'issued'].includes(purchase.checkout))
  );
}

function capturedOf(purchase: ModelPurchase): bigint {
  let sum = 0n;
  for (const authorization of purchase.authorizations.values()) sum += authorization.capturedMinor;
  return sum;
}

function done(entries: number): ModelOutcome {
  return { ok: true, entries, declined: false };
}

function refused(code: string): ModelOutcome {
  return { ok: false, code };
}

/** How many sign the hold of a rule: the second one is a matter for two. */
export function quorumOf(rule: string): number {
  return rule === 'r_hold_2' ? 2 : 1;
}

function isWaiting({ rule, signers }: ModelPurchase['steps'][number]): boolean {
  return signers.length < quorumOf(rule);
}

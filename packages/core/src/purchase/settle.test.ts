import { describe, expect, it } from 'vitest';

import { EMPTY_BALANCE, type Balance, applyTransfer } from '../ledger.ts';
import type { CompiledPolicy } from '../policy/rule.ts';
import { EXAMPLE_NOW_MS, exampleAction, exampleBudget, exampleFacts } from '../testing/example-facts.ts';
import { authorizeCard } from './authorize-card.ts';
import { AUTHORIZATION_LAPSES_AFTER_MS, cancelPurchase, expirePurchase } from './end-purchase.ts';
import { openPurchase } from './open-purchase.ts';
import { captureAuthorization, forcePost, refundAuthorization, reverseAuthorization } from './settle.ts';
import { signApproval } from './sign-approval.ts';
import type { ChargedAmount } from './merchant-amount.ts';
import type { Checkout, Merchant, PurchaseEvent, PurchaseState, Transition } from './state.ts';

const CARD_MS = 3_600_000;
const CHECKOUT: Checkout = {
  method: 'card',
  provider: 'sandbox',
  cardId: 'card_1',
  last4: '4242',
  validForMs: CARD_MS,
};
const POLICY: CompiledPolicy = {
  policyId: 'pol',
  version: 1,
  name: 'pol',
  appliesTo: { agents: [], teams: [], organisation: true },
  rules: [],
};
const VENDOR: Merchant = { name: 'vendor_acme', domain: null, merchantId: null, mcc: null, country: null };
const EVIL: Merchant = { ...VENDOR, name: 'vendor_evil' };

/** A purchase of 100.00, with the balance of the one budget that carries it. */
class Purchase {
  state: PurchaseState;
  balance: Balance = { ...EMPTY_BALANCE, limitMinor: 1_000_000n };

  constructor() {
    const opened = openPurchase(
      {
        requestId: 'preq_1',
        approvalId: 'apr_1',
        action: exampleAction(),
        termsHash: () => '00',
        checkout: CHECKOUT,
        approvalValidForMs: CARD_MS,
      },
      exampleFacts({ policies: [POLICY] }),
      EXAMPLE_NOW_MS,
    );
    this.state = opened.state;
    this.take(opened);
  }

  take(transition: Transition): string[] {
    if (!transition.ok) return [transition.code];
    this.state = transition.state;
    for (const event of transition.events) {
      for (const transfer of event.transfers) this.balance = applyTransfer(this.balance, transfer);
    }
    return transition.events.map((event) => event.type);
  }

  charge(
    authorizationId: string,
    amountMinor = 10_000n,
    merchant = VENDOR,
    merchantAmount: ChargedAmount | null = null,
  ): string[] {
    const command = {
      authorizationId,
      amountMinor,
      currency: 'USD',
      merchantAmount,
      merchant,
      approvalId: 'apr_1',
      termsHash: '00',
      approvalValidForMs: CARD_MS,
    };
    const { limitMinor, pendingMinor, committedMinor, spentMinor } = this.balance;
    const ownMinor = this.state.reservedMinor;
    const used = { limitMinor, pendingMinor, committedMinor, spentMinor, ownMinor };
    const facts = exampleFacts({ policies: [POLICY], budgets: [exampleBudget(used)] });
    return this.take(authorizeCard(this.state, command, facts, EXAMPLE_NOW_MS));
  }

  capture(authorizationId: string, amountMinor: bigint, closeAuthorization = true): string[] {
    return this.take(captureAuthorization(this.state, { authorizationId, amountMinor, closeAuthorization }));
  }

  reverse(authorizationId: string, amountMinor: bigint, nowMs = EXAMPLE_NOW_MS): string[] {
    return this.take(reverseAuthorization(this.state, { authorizationId, amountMinor }, nowMs));
  }

  chargeAbroad(authorizationId: string, euroMinor: bigint, billedMinor: bigint): string[] {
    const merchantAmount = { amountMinor: euroMinor, currency: 'EUR' };
    return this.charge(authorizationId, billedMinor, VENDOR, merchantAmount);
  }

  clearAbroad(
    authorizationId: string,
    euroMinor: bigint,
    billedMinor: bigint,
    closeAuthorization = true,
  ): PurchaseEvent['detail'] {
    const transition = captureAuthorization(this.state, {
      authorizationId,
      amountMinor: billedMinor,
      currency: 'USD',
      merchantAmount: { amountMinor: euroMinor, currency: 'EUR' },
      closeAuthorization,
    });
    this.take(transition);
    return transition.ok ? (transition.events[0]?.detail ?? {}) : { refused: transition.code };
  }

  force(authorizationId: string, amountMinor: bigint, merchant = VENDOR): string[] {
    return this.take(forcePost(this.state, { authorizationId, amountMinor, currency: 'USD', merchant }));
  }

  get sums(): [committed: bigint, spent: bigint] {
    return [this.balance.committedMinor, this.balance.spentMinor];
  }
}

describe('a capture', () => {
  it('of less returns the rest, of more posts it all and is flagged', () => {
    const less = new Purchase();
    less.charge('auth_1');
    expect(less.capture('auth_1', 4_000n)).toEqual(['settlement.posted', 'purchase.completed']);
    expect(less.sums).toEqual([0n, 4_000n]);
    const more = new Purchase();
    more.charge('auth_1');
    expect(more.capture('auth_1', 12_500n)).toEqual(['settlement.posted', 'purchase.mismatched']);
    expect(more.sums).toEqual([0n, 12_500n]);
  });

  it('that does not close keeps the remainder, until the rest is captured or reversed', () => {
    const purchase = new Purchase();
    purchase.charge('auth_1');
    expect(purchase.capture('auth_1', 4_000n, false)).toEqual(['settlement.posted']);
    expect(purchase.sums).toEqual([6_000n, 4_000n]);
    // Without an end of its own the purchase would stay open for ever.
    expect(purchase.reverse('auth_1', 6_000n)).toEqual(['authorization.reversed', 'purchase.completed']);
    expect(purchase.sums).toEqual([0n, 4_000n]);
    expect(purchase.state).toMatchObject({ checkoutStatus: 'reconciled', card: { status: 'expired' } });
  });
});

describe('a charge in another currency', () => {
  it('is compared by what is billed, and keeps what the merchant asked with the rate', () => {
    const purchase = new Purchase();
    expect(purchase.chargeAbroad('auth_1', 9_000n, 10_001n)).toEqual(['authorization.declined']);
    expect(purchase.state.authorizations).toMatchObject([{ reason: 'amount_exceeds_card_limit' }]);
    expect(purchase.chargeAbroad('auth_2', 20_000n, 10_000n)).toEqual(['authorization.approved']);
    expect(purchase.state.authorizations[1]).toMatchObject({
      amountMinor: 10_000n,
      currency: 'USD',
      merchantAmount: { amountMinor: 20_000n, currency: 'EUR', rate: '0.5' },
    });
  });

  it('posts what was really billed: less gives the rest back, more is flagged and beyond the reservation', () => {
    const less = new Purchase();
    less.chargeAbroad('auth_1', 9_000n, 10_000n);
    expect(less.clearAbroad('auth_1', 9_000n, 9_900n)).toMatchObject({
      flags: ['exchange_difference'],
      returned_minor: '100',
      merchant_amount: { amount_minor: '9000', currency: 'EUR', rate: '1.1' },
    });
    expect(less.sums).toEqual([0n, 9_900n]);
    const more = new Purchase();
    more.chargeAbroad('auth_1', 9_000n, 10_000n);
    expect(more.clearAbroad('auth_1', 9_000n, 10_080n)).toMatchObject({
      flags: ['above_authorization', 'exchange_difference'],
      beyond_reservation_minor: '80',
    });
    expect(more.sums).toEqual([0n, 10_080n]);
    expect(more.state.checkoutStatus).toBe('settled'); // not reconciled
  });

  it('does not take a part, or its rounding, for an exchange difference', () => {
    const purchase = new Purchase();
    purchase.chargeAbroad('auth_1', 9_999n, 9_201n);
    const third = purchase.clearAbroad('auth_1', 3_333n, 3_067n, false);
    expect(third['flags']).toBeUndefined();
    expect(purchase.clearAbroad('auth_1', 3_333n, 3_066n, false)['flags']).toEqual(['exchange_difference']);
    expect(purchase.clearAbroad('auth_1', 3_333n, 3_068n)['flags']).toEqual(['exchange_difference']);
    expect(purchase.sums).toEqual([0n, 9_201n]);
  });

  it('cannot be cleared in a currency that is not billed', () => {
    const purchase = new Purchase();
    purchase.chargeAbroad('auth_1', 9_000n, 10_000n);
    const command = {
      authorizationId: 'auth_1',
      amountMinor: 9_000n,
      currency: 'EUR',
      closeAuthorization: true,
    };
    expect(purchase.take(captureAuthorization(purchase.state, command))).toEqual(['currency_mismatch']);
  });
});

describe('a reversal', () => {
  it('in full restores the card with all that is set aside for it', () => {
    const purchase = new Purchase();
    purchase.charge('auth_1');
    purchase.reverse('auth_1', 10_000n);
    expect(purchase.state).toMatchObject({ checkoutStatus: 'issued', card: { status: 'active' } });
    expect(purchase.sums).toEqual([10_000n, 0n]);
    expect(purchase.charge('auth_2')).toEqual(['authorization.approved']);
  });

  it('in parts restores it for what is still set aside, no more', () => {
    const purchase = new Purchase();
    purchase.charge('auth_1');
    purchase.reverse('auth_1', 4_000n);
    expect(purchase.sums).toEqual([6_000n, 0n]);
    purchase.reverse('auth_1', 6_000n);
    expect(purchase.state.card?.status).toBe('active');
    expect(purchase.charge('auth_2', 6_001n)).toEqual(['authorization.declined']);
    expect(purchase.charge('auth_3', 6_000n)).toEqual(['authorization.approved']);
    purchase.capture('auth_3', 6_000n);
    expect(purchase.sums).toEqual([0n, 6_000n]);
  });

  it('does not bring back a card on which money has moved', () => {
    const purchase = new Purchase();
    purchase.charge('auth_1');
    purchase.force('auth_f', 10_000n);
    purchase.reverse('auth_1', 10_000n);
    expect(purchase.state.card?.status).toBe('expired');
    expect(purchase.charge('auth_2')).toEqual(['authorization.declined']);
    expect(purchase.sums).toEqual([0n, 10_000n]);
  });

  it('after the end of the card gives everything back', () => {
    const purchase = new Purchase();
    purchase.charge('auth_1');
    purchase.reverse('auth_1', 10_000n, EXAMPLE_NOW_MS + CARD_MS);
    expect(purchase.state).toMatchObject({ checkoutStatus: 'reversed', reservedMinor: 0n });
    expect(purchase.sums).toEqual([0n, 0n]);
  });
});

describe('a forced post', () => {
  it('leaves an open authorization what it still needs', () => {
    const purchase = new Purchase();
    purchase.charge('auth_1');
    expect(purchase.force('auth_f', 1_000n)).toEqual(['settlement.posted']);
    expect(purchase.sums).toEqual([9_000n, 1_000n]);
    expect(purchase.capture('auth_1', 9_000n)).toEqual(['settlement.posted', 'purchase.completed']);
    expect(purchase.sums).toEqual([0n, 10_000n]);
  });

  it('is recorded after the end too, and flagged', () => {
    const purchase = new Purchase();
    purchase.take(cancelPurchase(purchase.state, { cancelledBy: 'agent_1', reasonCommitment: null }));
    expect(purchase.force('auth_f', 700n, EVIL)).toEqual(['settlement.posted', 'purchase.mismatched']);
    expect(purchase.state).toMatchObject({
      status: 'cancelled',
      card: { status: 'cancelled' },
      settledMinor: 700n,
    });
    expect(purchase.sums).toEqual([0n, 700n]);
  });

  it('ends a request that waits for a signature: nobody may approve a second payment', () => {
    const purchase = new Purchase();
    const { state } = purchase;
    const approval = {
      approvalId: 'apr_1',
      status: 'pending' as const,
      termsHash: '00',
      steps: [],
      createdAtMs: 0,
      expiresAtMs: 1,
    };
    if (state.card === null) throw new Error('it has a card');
    const frozen: PurchaseState = {
      ...state,
      status: 'held',
      card: { ...state.card, status: 'frozen' },
      approval,
    };
    const posted = forcePost(frozen, {
      authorizationId: 'auth_f',
      amountMinor: 10_000n,
      currency: 'USD',
      merchant: VENDOR,
    });
    expect(posted).toMatchObject({
      ok: true,
      state: {
        status: 'denied',
        approval: { status: 'cancelled' },
        card: { status: 'expired' },
        reservedMinor: 0n,
      },
    });
  });
});

describe('a refund', () => {
  it('credits, and more than was captured is recorded and flagged', () => {
    const purchase = new Purchase();
    purchase.charge('auth_1');
    purchase.capture('auth_1', 10_000n);
    const refund = refundAuthorization(purchase.state, {
      authorizationId: 'auth_1',
      amountMinor: 10_001n,
      creditPeriods: purchase.state.reservedPeriods,
    });
    expect(refund.ok && refund.events[0]?.detail['flags']).toEqual(['refund_above_capture']);
    purchase.take(refund);
    expect(purchase.sums).toEqual([0n, -1n]);
  });
});

describe('an authorization that nobody clears', () => {
  it('lapses some time after its card, and not before', () => {
    const purchase = new Purchase();
    purchase.charge('auth_1');
    const end = EXAMPLE_NOW_MS + CARD_MS + AUTHORIZATION_LAPSES_AFTER_MS;
    expect(purchase.take(expirePurchase(purchase.state, end - 1, null))).toEqual(['not_expired']);
    expect(purchase.take(expirePurchase(purchase.state, end, null))).toEqual(['purchase.expired']);
    expect(purchase.sums).toEqual([0n, 0n]);
    expect(purchase.take(expirePurchase(purchase.state, end, null))).toEqual(['not_expired']);
    expect(purchase.capture('auth_1', 10_000n)).toEqual(['settlement.posted', 'purchase.mismatched']);
    expect(purchase.sums).toEqual([0n, 10_000n]);
  });

  it('is complete with what was cleared, and what is reversed later changes nothing more', () => {
    const purchase = new Purchase();
    purchase.charge('auth_1');
    purchase.capture('auth_1', 4_000n, false);
    const end = EXAMPLE_NOW_MS + CARD_MS + AUTHORIZATION_LAPSES_AFTER_MS;
    expect(purchase.take(expirePurchase(purchase.state, end, null))).toEqual(['purchase.completed']);
    expect(purchase.sums).toEqual([0n, 4_000n]);
    expect(purchase.reverse('auth_1', 6_000n)).toEqual(['authorization.reversed']);
    expect(purchase.state).toMatchObject({ checkoutStatus: 'reconciled', card: { status: 'expired' } });
    expect(purchase.sums).toEqual([0n, 4_000n]);
  });
});

describe('a request that was held at the till after a reversal in parts', () => {
  it('has its whole amount set aside again when it is approved', () => {
    const purchase = new Purchase();
    purchase.charge('auth_1');
    purchase.reverse('auth_1', 4_000n);
    purchase.reverse('auth_1', 6_000n);
    const { limitMinor, pendingMinor, committedMinor, spentMinor } = purchase.balance;
    const used = { limitMinor, pendingMinor, committedMinor, spentMinor, ownMinor: 6_000n };
    const { card } = purchase.state;
    if (card === null) throw new Error('it has a card');
    const step = {
      stepKey: 'pol:r1:x',
      control: 'escalate_if',
      policyId: 'pol',
      ruleId: 'r1',
      reasonCode: 'x',
      message: '',
      limit: null,
      approvers: null,
      tier: null,
      quorum: 1,
      order: 0,
      remindAfterMs: null,
      escalateAfterMs: null,
      escalateTo: [],
      addedAtMs: 0,
      reminders: 0,
      remindedAtMs: null,
      escalatedAtMs: null,
      signatures: [],
    };
    purchase.state = {
      ...purchase.state,
      status: 'held',
      card: { ...card, status: 'frozen' },
      approval: {
        approvalId: 'apr_1',
        status: 'pending',
        termsHash: '00',
        steps: [step],
        createdAtMs: EXAMPLE_NOW_MS,
        expiresAtMs: EXAMPLE_NOW_MS + 1,
      },
    };
    purchase.balance = { ...purchase.balance, committedMinor: 0n, pendingMinor: 6_000n };
    const signed = signApproval(
      purchase.state,
      {
        signer: { principalId: 'ann', email: null, actsFor: [] },
        viewedAtMs: null,
        authorizationReference: 'REF',
        comment: null,
        commentCommitment: null,
        checkout: CHECKOUT,
      },
      { ...exampleFacts({ policies: [POLICY], budgets: [exampleBudget(used)] }), agentOwner: null },
      EXAMPLE_NOW_MS,
    );
    expect(purchase.take(signed)).toEqual(['purchase.approved']);
    expect(purchase.state.reservedMinor).toBe(10_000n);
    expect(purchase.sums).toEqual([10_000n, 0n]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { BudgetFacts } from '../decision-facts.ts';
import type { ExchangeRateFact } from '../exchange/convert.ts';
import { type Balance, EMPTY_BALANCE, type Transfer, applyTransfer, usedMinor } from '../ledger.ts';
import { parsePolicy } from '../policy/parse-policy.ts';
import { EXAMPLE_NOW_MS, exampleAction, exampleBudget, exampleFacts } from '../testing/example-facts.ts';
import { authorizeCard } from './authorize-card.ts';
import { AUTHORIZATION_LAPSES_AFTER_MS, cancelPurchase, expirePurchase } from './end-purchase.ts';
import { openPurchase } from './open-purchase.ts';
import { reservedIn } from './period-rates.ts';
import { captureAuthorization, forcePost, refundAuthorization, reverseAuthorization } from './settle.ts';
import { signApproval } from './sign-approval.ts';
import type { Checkout, Merchant, PurchaseState, Transition } from './state.ts';

const CARD_MS = 3_600_000;
const CHECKOUT: Checkout = {
  method: 'card',
  provider: 'sandbox',
  cardId: 'card_1',
  last4: '4242',
  validForMs: CARD_MS,
};
const VENDOR: Merchant = { name: 'vendor_acme', domain: null, merchantId: null, mcc: null, country: null };
const HOME = 1n;
const EUR = 2n;
const JPY = 3n;
/** Where a refund goes once the euro period is over. */
const EUR_NEXT = 4n;

type Command =
  | { readonly kind: 'sign' | 'cancel' | 'expire' | 'lapse' | 'next_period' }
  | { readonly kind: 'rate'; readonly eur: string; readonly jpy: string }
  | { readonly kind: 'authorize' | 'force_post' | 'reverse' | 'refund'; readonly minor: bigint }
  | { readonly kind: 'capture'; readonly minor: bigint; readonly close: boolean };

/** One purchase of 100.00 USD, carried by a budget in dollars and, unless `homeOnly`, by two in other currencies. */
class Story {
  state: PurchaseState;
  readonly balances = new Map<bigint, Balance>();
  readonly transfers: Transfer[] = [];
  rates: Record<'EUR' | 'JPY', string>;
  #creditNext = false;
  readonly #homeOnly: boolean;
  readonly #policies;
  #nowMs = EXAMPLE_NOW_MS;

  constructor({
    rates,
    isHeld,
    homeOnly = false,
  }: {
    rates: Record<'EUR' | 'JPY', string>;
    isHeld: boolean;
    homeOnly?: boolean;
  }) {
    this.rates = rates;
    this.#homeOnly = homeOnly;
    const parsed = parsePolicy(
      {
        policy_id: 'pol',
        name: 'pol',
        rules: [
          { rule_id: 'r', rule_type: 'escalate_if', parameters: { amount_above: isHeld ? '50' : '5000' } },
        ],
      },
      1,
    );
    if (!parsed.ok) throw new Error('the policy parses');
    this.#policies = [parsed.policy];
    const opened = openPurchase(
      {
        requestId: 'preq_1',
        approvalId: 'apr_1',
        action: exampleAction({ policyId: 'pol' }),
        termsHash: () => '00',
        checkout: CHECKOUT,
        approvalValidForMs: CARD_MS,
      },
      this.#facts(null),
      this.#nowMs,
    );
    expect(opened.state.status).toBe(isHeld ? 'held' : 'approved');
    this.state = opened.state;
    this.#take(opened);
  }

  perform(command: Command): void {
    const transition = this.#step(command);
    if (transition !== null) this.#take(transition);
  }

  #step(command: Command): Transition | null {
    const [last] = this.state.authorizations.slice(-1);
    const authorizationId = last?.authorizationId ?? 'none';
    const nextId = `auth_${this.state.authorizations.length}`;
    switch (command.kind) {
      case 'rate':
        this.rates = { EUR: command.eur, JPY: command.jpy };
        return null;
      case 'next_period':
        this.#creditNext = true;
        return null;
      case 'sign':
        return signApproval(
          this.state,
          {
            signer: { principalId: 'ann', email: null, actsFor: [] },
            viewedAtMs: null,
            authorizationReference: 'REF',
            comment: null,
            commentCommitment: null,
            checkout: CHECKOUT,
          },
          { ...this.#facts(this.state), agentOwner: null },
          this.#nowMs,
        );
      case 'cancel':
        return cancelPurchase(this.state, { cancelledBy: 'agent_1', reasonCommitment: null });
      case 'expire':
        this.#nowMs += CARD_MS;
        return expirePurchase(this.state, this.#nowMs, null);
      case 'lapse':
        this.#nowMs += CARD_MS + AUTHORIZATION_LAPSES_AFTER_MS;
        return expirePurchase(this.state, this.#nowMs, null);
      case 'authorize':
        return authorizeCard(
          this.state,
          {
            authorizationId: nextId,
            amountMinor: command.minor,
            currency: 'USD',
            merchant: VENDOR,
            approvalId: 'apr_1',
            termsHash: '00',
            approvalValidForMs: CARD_MS,
          },
          this.#facts(this.state),
          this.#nowMs,
        );
      case 'force_post':
        return forcePost(this.state, {
          authorizationId: nextId,
          amountMinor: command.minor,
          currency: 'USD',
          merchant: VENDOR,
        });
      case 'capture':
        return captureAuthorization(this.state, {
          authorizationId,
          amountMinor: command.minor,
          closeAuthorization: command.close,
        });
      case 'reverse':
        return reverseAuthorization(this.state, { authorizationId, amountMinor: command.minor }, this.#nowMs);
      case 'refund':
        return refundAuthorization(this.state, {
          authorizationId,
          amountMinor: command.minor,
          creditPeriods: this.state.reservedPeriods.map((id) =>
            this.#creditNext && id === EUR ? EUR_NEXT : id,
          ),
        });
    }
  }

  #take(transition: Transition): void {
    if (!transition.ok) return;
    this.state = transition.state;
    for (const transfer of transition.events.flatMap((event) => event.transfers)) {
      this.transfers.push(transfer);
      this.balances.set(transfer.periodId, applyTransfer(this.balance(transfer.periodId), transfer));
    }
  }

  balance(periodId: bigint): Balance {
    return this.balances.get(periodId) ?? { ...EMPTY_BALANCE, limitMinor: 10n ** 15n };
  }

  /** `[pending, committed, spent]` */
  accounts(...periodIds: readonly bigint[]): bigint[] {
    return periodIds
      .map((periodId) => this.balance(periodId))
      .reduce(
        ([pending = 0n, committed = 0n, spent = 0n], one) => [
          pending + one.pendingMinor,
          committed + one.committedMinor,
          spent + one.spentMinor,
        ],
        [0n, 0n, 0n],
      );
  }

  #facts(own: PurchaseState | null) {
    const budget = (periodId: bigint, currency: string): BudgetFacts =>
      exampleBudget({
        budgetId: `of_${currency}`,
        periodId,
        currency,
        ...this.balance(periodId),
        ownMinor: own === null ? 0n : reservedIn(own, periodId),
      });
    const foreign = this.#homeOnly ? [] : [budget(EUR, 'EUR'), budget(JPY, 'JPY')];
    return exampleFacts({
      policies: this.#policies,
      budgets: [budget(HOME, 'USD'), ...foreign],
      exchange: { rates: [rateTo('EUR', this.rates.EUR), rateTo('JPY', this.rates.JPY)] },
    });
  }
}

function rateTo(to: string, rate: string): ExchangeRateFact {
  return {
    from: 'USD',
    to,
    rate,
    date: '2026-03-04',
    source: 'test',
    methodology: 'daily_close',
    via: null,
    staleSinceMs: null,
  };
}

/** The exact amount in minor units is a fraction: rounded down and up. */
function bounds(minor: bigint, rate: string, digits: 0 | 2): [bigint, bigint] {
  const [integer = '', fraction = ''] = rate.split('.');
  const numerator = minor * BigInt(integer + fraction) * (digits === 0 ? 1n : 100n);
  const denominator = 100n * 10n ** BigInt(fraction.length);
  return [numerator / denominator, (numerator + denominator - 1n) / denominator];
}

const minor = fc.bigInt({ min: 1n, max: 12_000n });
const rate = fc
  .bigInt({ min: 1n, max: 3_000_000n })
  .map((units) => `${units / 10_000n}.${(units % 10_000n).toString().padStart(4, '0')}`)
  .filter((text) => text !== '0.0000');
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: fc.constantFrom('sign', 'cancel', 'expire', 'lapse', 'next_period') }),
  fc.record({ kind: fc.constant('sign') }),
  fc.record({ kind: fc.constant('rate'), eur: rate, jpy: rate }),
  fc.record({ kind: fc.constant('authorize'), minor: fc.bigInt({ min: 1n, max: 10_000n }) }),
  fc.record({ kind: fc.constantFrom('reverse', 'refund', 'force_post'), minor }),
  fc.record({ kind: fc.constantFrom('reverse', 'refund'), minor: fc.bigInt({ min: 1n, max: 3_000n }) }),
  fc.record({
    kind: fc.constant('capture'),
    minor: fc.bigInt({ min: 1n, max: 5_000n }),
    close: fc.boolean(),
  }),
);
const story = {
  commands: fc.array(command, { maxLength: 25 }),
  isHeld: fc.boolean(),
};
const RUNS = 300;

describe('a purchase in budgets of other currencies', () => {
  it('moves at a rate of 1 exactly what moves in its own currency', () => {
    fc.assert(
      fc.property(fc.record(story), ({ commands, isHeld }) => {
        const told = new Story({ rates: { EUR: '1', JPY: '100' }, isHeld });
        for (const one of commands) {
          if (one.kind === 'rate') continue;
          told.perform(one);
          expect(told.accounts(EUR, EUR_NEXT)).toEqual(told.accounts(HOME));
          expect(told.accounts(JPY)).toEqual(told.accounts(HOME));
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('leaves no minor unit behind and invents none, whatever the rates and the order of things', () => {
    fc.assert(
      fc.property(fc.record({ ...story, eur: rate, jpy: rate }), ({ commands, isHeld, eur, jpy }) => {
        const told = new Story({ rates: { EUR: eur, JPY: jpy }, isHeld });
        for (const one of commands) {
          told.perform(one);
          const { state } = told;
          const refunded = state.authorizations.reduce((sum, each) => sum + each.refundedMinor, 0n);
          for (const [periods, id, digits] of [
            [[EUR, EUR_NEXT], EUR, 2] as const,
            [[JPY], JPY, 0] as const,
          ]) {
            const frozen = state.periodRates.get(id)?.rate ?? '0';
            const [pending = 0n, committed = 0n, spent = 0n] = told.accounts(...periods);
            expect(state.status === 'held' ? committed : pending).toBe(0n);
            expect(pending + committed).toBe(reservedIn(state, id));
            const [least, most] = bounds(state.reservedMinor, frozen, digits);
            expect(pending + committed).toBeGreaterThanOrEqual(least);
            expect(pending + committed).toBeLessThanOrEqual(most);
            const posted = state.settledMinor + refunded;
            expect(spent).toBe(bounds(posted, frozen, digits)[1] - bounds(refunded, frozen, digits)[1]);
            if (state.reservedMinor === 0n && state.settledMinor === 0n) {
              expect([pending, committed, spent]).toEqual([0n, 0n, 0n]);
            }
          }
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('takes no more of a budget by posting than it had reserved there', () => {
    fc.assert(
      fc.property(fc.record({ eur: rate, first: fc.bigInt({ min: 1n, max: 9_999n }) }), ({ eur, first }) => {
        const told = new Story({ rates: { EUR: eur, JPY: '150' }, isHeld: false });
        told.perform({ kind: 'authorize', minor: 10_000n });
        const reserved = usedMinor(told.balance(EUR));
        told.perform({ kind: 'capture', minor: first, close: false });
        expect(usedMinor(told.balance(EUR))).toBe(reserved);
        told.perform({ kind: 'capture', minor: 10_000n - first, close: true });
        expect(told.accounts(EUR)).toEqual([0n, 0n, reserved]);
      }),
      { numRuns: RUNS },
    );
  });

  it('moves in its own currency what it would move without them', () => {
    fc.assert(
      fc.property(fc.record({ ...story, eur: rate }), ({ commands, isHeld, eur }) => {
        const rates = { EUR: eur, JPY: '150' };
        const told = new Story({ rates, isHeld });
        const alone = new Story({ rates, isHeld, homeOnly: true });
        for (const one of commands) {
          told.perform(one);
          alone.perform(one);
        }
        expect(told.transfers.filter(({ periodId }) => periodId === HOME)).toEqual(alone.transfers);
        expect(alone.state).toEqual({
          ...told.state,
          periodRates: new Map(),
          reservedPeriods: told.state.reservedPeriods.filter((id) => id === HOME),
        });
      }),
      { numRuns: RUNS },
    );
  });

  it('reserves anew at the rate of the decision that signs, and charges at that of the authorization', () => {
    const told = new Story({ rates: { EUR: '0.9', JPY: '150' }, isHeld: true });
    expect(told.accounts(EUR)).toEqual([9_000n, 0n, 0n]);
    told.rates = { EUR: '0.95', JPY: '150' };
    told.perform({ kind: 'sign' });
    expect(told.accounts(EUR)).toEqual([0n, 9_500n, 0n]);
    told.rates = { EUR: '0.85', JPY: '150' };
    told.perform({ kind: 'authorize', minor: 10_000n });
    expect(told.accounts(EUR)).toEqual([0n, 8_500n, 0n]);
    told.rates = { EUR: '2', JPY: '150' };
    told.perform({ kind: 'capture', minor: 4_000n, close: true });
    expect(told.accounts(EUR)).toEqual([0n, 0n, 3_400n]);
    told.perform({ kind: 'refund', minor: 4_000n });
    expect(told.accounts(EUR)).toEqual([0n, 0n, 0n]);
  });
});

// purchase/period-rates.ts: a purchase in budgets of another currency. Each such period has the rate of the decision that
// reserved in it, frozen: what is set aside, posted and given back there is all converted at that one rate.
// A transition moves the purchase's own amount; what moves in a foreign period is the difference between what the state
// before and the state after come to there. Cumulative amounts are converted, never single movements, so that no minor
// unit is left behind or invented, whatever the order of captures, reversals and refunds.
import type { Action } from '../action.ts';
import type { DecisionFacts } from '../decision-facts.ts';
import { type ExchangeRateFact, convertMinor } from '../exchange/convert.ts';
import { applyRate } from '../exchange/exchange-rate.ts';
import type { Account, Transfer } from '../ledger.ts';
import type { PurchaseState, Transition } from './state.ts';

/** Budget period -> the frozen rate from the purchase's currency to the period's. Periods of one currency are not in it. */
export type PeriodRates = ReadonlyMap<bigint, ExchangeRateFact>;

export const NO_PERIOD_RATES: PeriodRates = new Map();

/** The periods that carry the purchase in its own currency. */
export function homePeriods(state: PurchaseState): readonly bigint[] {
  if (state.periodRates.size === 0) return state.reservedPeriods;
  return state.reservedPeriods.filter((periodId) => !state.periodRates.has(periodId));
}

/** What it has set aside in a period, in that period's currency. */
export function reservedIn(state: PurchaseState, periodId: bigint): bigint {
  if (!state.reservedPeriods.includes(periodId)) return 0n;
  return state.periodRates.has(periodId) ? shareOf(state, periodId).reservedMinor : state.reservedMinor;
}

/** The rates at which a decision reserves. It has found room by them: one that is missing is a bug. */
export function ratesOfDecision(
  action: Action,
  { budgets, exchange }: Pick<DecisionFacts, 'budgets' | 'exchange'>,
): PeriodRates {
  let rates: Map<bigint, ExchangeRateFact> | null = null;
  for (const { periodId, currency } of budgets) {
    if (currency === action.currency) continue;
    const converted = convertMinor(action.amountMinor, { from: action.currency, to: currency }, exchange);
    if (!converted.ok || converted.rate === null) throw new Error('a purchase is reserved without a rate');
    rates ??= new Map();
    rates.set(periodId, converted.rate);
  }
  return rates ?? NO_PERIOD_RATES;
}

/**
 * The rates after a decision that leaves the reservation where it is: those of the decision, for as long as nothing is
 * posted. What was posted stays at its rate.
 */
export function ratesDecidedAgain(
  state: PurchaseState,
  facts: Pick<DecisionFacts, 'budgets' | 'exchange'>,
): PeriodRates {
  if (state.periodRates.size === 0 || postedMinor(state) !== 0n) return state.periodRates;
  const carrying = facts.budgets.filter(({ periodId }) => state.periodRates.has(periodId));
  const decided = ratesOfDecision(state.action, { ...facts, budgets: carrying });
  return new Map([...state.periodRates].map(([periodId, rate]) => [periodId, decided.get(periodId) ?? rate]));
}

/**
 * The transition with the transfers of the foreign periods, in its first event: the one that moves money.
 * `creditOf`: the period that is credited when money comes back to one.
 */
export function withForeignTransfers<T extends Transition>(
  before: PurchaseState,
  transition: T,
  creditOf: (periodId: bigint) => bigint = itself,
): T {
  if (!transition.ok) return transition;
  const { state: after, events } = transition;
  if (before.periodRates.size === 0 && after.periodRates.size === 0) return transition;
  const transfers = foreignTransfers(before, after, creditOf);
  const [first, ...others] = events;
  if (transfers.length === 0 || first === undefined) return transition;
  return { ...transition, events: [{ ...first, transfers: [...first.transfers, ...transfers] }, ...others] };
}

function foreignTransfers(
  before: PurchaseState,
  after: PurchaseState,
  creditOf: (periodId: bigint) => bigint,
): Transfer[] {
  const transfers: Transfer[] = [];
  for (const periodId of new Set([...before.periodRates.keys(), ...after.periodRates.keys()])) {
    const add = (from: Account, to: Account, amountMinor: bigint, at = periodId): void => {
      if (amountMinor > 0n) transfers.push({ periodId: at, from, to, amountMinor });
    };
    const was = shareOf(before, periodId);
    const is = shareOf(after, periodId);
    const spentMinor = is.spentMinor - was.spentMinor;
    const fromReservation = least(positive(spentMinor), positive(was.reservedMinor - is.reservedMinor));
    const left = was.reservedMinor - fromReservation;
    const kept = least(left, is.reservedMinor);
    add(was.account, 'spent', fromReservation);
    add('available', 'spent', positive(spentMinor) - fromReservation);
    add('spent', 'available', positive(-spentMinor), creditOf(periodId));
    add(was.account, 'available', left - kept);
    if (was.account !== is.account) add(was.account, is.account, kept);
    add('available', is.account, is.reservedMinor - kept);
  }
  return transfers;
}

interface Share {
  readonly account: 'pending' | 'committed';
  readonly reservedMinor: bigint;
  readonly spentMinor: bigint;
}

/**
 * What a purchase comes to in a foreign period. Posting turns what was reserved into what is spent exactly, because the
 * sum of the two is converted as one amount.
 */
function shareOf(state: PurchaseState, periodId: bigint): Share {
  const account = state.status === 'held' ? 'pending' : 'committed';
  const rate = state.periodRates.get(periodId);
  if (rate === undefined) return { account, reservedMinor: 0n, spentMinor: 0n };
  const convert = (minor: bigint): bigint => applyRate(minor, rate.rate, rate);
  const posted = postedMinor(state);
  return {
    account,
    reservedMinor: convert(state.reservedMinor + posted) - convert(posted),
    spentMinor: convert(posted) - convert(refundedMinor(state)),
  };
}

/** All that was ever posted, refunds left aside. */
function postedMinor(state: PurchaseState): bigint {
  return state.settledMinor + refundedMinor(state);
}

function refundedMinor(state: PurchaseState): bigint {
  return state.authorizations.reduce((sum, authorization) => sum + authorization.refundedMinor, 0n);
}

function itself(periodId: bigint): bigint {
  return periodId;
}

function positive(minor: bigint): bigint {
  return minor > 0n ? minor : 0n;
}

function least(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}

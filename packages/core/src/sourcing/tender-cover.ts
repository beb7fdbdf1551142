// sourcing/tender-cover.ts: whether the tender, or a waiver in its place, covers a purchase above its threshold.
// Must not ask whether one is needed. Valid from the first to before the last instant. Clause: AG-642 4.3.
import type { Action } from '../action.ts';
import type { DecisionFacts } from '../decision-facts.ts';
import { convertMinor } from '../exchange/convert.ts';
import type { SupplierFacts } from '../suppliers/supplier-facts.ts';
import { type Ceiling, ceilingId, roomUnder } from './ceiling.ts';
import type { SourcingWaiver, TenderRecord } from './sourcing-facts.ts';
import { foldCategory } from './sourcing-policy.ts';
import { supplierKeys } from './supplier-list.ts';

/** Why the tender does not hold for this purchase, in words that follow "The tender ..."; null: it holds. */
export function tenderFault(
  tender: TenderRecord,
  action: Action,
  { supplier }: Pick<DecisionFacts, 'supplier'>,
  chain: readonly string[],
  nowMs: number,
): string | null {
  if (nowMs < tender.validFromMs) return `is valid from ${isoOf(tender.validFromMs)} only`;
  if (nowMs >= tender.validUntilMs) return `has been valid until ${isoOf(tender.validUntilMs)}`;
  if (!isOneOf(tender.winner, action, supplier)) return `was won by \`${tender.winner}\``;
  if (!fitsCategory(tender.category, action)) return `is for the category \`${tender.category ?? ''}\``;
  if (tender.jurisdiction !== null && !chain.includes(tender.jurisdiction))
    return `is for the jurisdiction \`${tender.jurisdiction}\``;
  return null;
}

export function ceilingOfTender({ tenderReference, ceilingMinor, currency }: TenderRecord): Ceiling {
  return { kind: 'tender', id: tenderReference, ceilingMinor, currency };
}

export interface WaiverQuestion {
  readonly chain: readonly string[];
  readonly nowMs: number;
  /** What the threshold saw, the related purchases included: a waiver for less does not cover a part of it. */
  readonly value: { readonly minor: bigint; readonly currency: string };
}

/**
 * The narrowest waiver that covers the purchase and has room for it. At the till only one that the approved purchase
 * rests on already: nothing is set aside there.
 */
export function coveringWaiver(
  action: Action,
  facts: Pick<DecisionFacts, 'stage' | 'sourcing' | 'supplier' | 'budgets' | 'exchange'>,
  { chain, nowMs, value }: WaiverQuestion,
): SourcingWaiver | null {
  const covers = (waiver: SourcingWaiver): boolean => {
    const { waiverId, upToMinor, currency } = waiver;
    const whole = convertMinor(value.minor, { from: value.currency, to: currency }, facts.exchange);
    if (!whole.ok || whole.minor > upToMinor) return false;
    if (nowMs >= waiver.validUntilMs || !isWaiverFor(waiver, action, facts.supplier, chain)) return false;
    if (facts.stage === 'authorization') {
      const period = facts.budgets.find((budget) => budget.budgetId === ceilingId('waiver', waiverId));
      if (period === undefined || period.ownMinor === 0n) return false;
    }
    return roomUnder({ kind: 'waiver', id: waiverId, ceilingMinor: upToMinor, currency }, action, facts).ok;
  };
  return facts.sourcing?.waivers.find(covers) ?? null;
}

/** Time aside. */
export function isWaiverFor(
  waiver: SourcingWaiver,
  action: Action,
  supplier: SupplierFacts | null,
  chain: readonly string[],
): boolean {
  const cited = action.sourcing?.waiverId ?? null;
  return (
    (cited === null || cited === waiver.waiverId) &&
    (waiver.agentId === null || waiver.agentId === action.agentId) &&
    isOneOf(waiver.supplier, action, supplier) &&
    fitsCategory(waiver.category, action) &&
    (waiver.jurisdiction === null || chain.includes(waiver.jurisdiction))
  );
}

/** Smallest amount, then earliest end, then id. Amounts in different currencies are not compared. */
export function narrowestFirst(left: SourcingWaiver, right: SourcingWaiver): number {
  if (left.currency === right.currency && left.upToMinor !== right.upToMinor)
    return left.upToMinor < right.upToMinor ? -1 : 1;
  if (left.validUntilMs !== right.validUntilMs) return left.validUntilMs - right.validUntilMs;
  return left.waiverId < right.waiverId ? -1 : 1;
}

export function isOneOf(
  name: string,
  action: Pick<Action, 'counterparty'>,
  supplier: SupplierFacts | null,
): boolean {
  return supplierKeys(action, supplier).includes(name);
}

/** A purchase without a category fits only what is for any. */
export function fitsCategory(category: string | null, action: Pick<Action, 'category'>): boolean {
  return category === null || (action.category !== null && foldCategory(action.category) === category);
}

export function isoOf(atMs: number): string {
  return new Date(atMs).toISOString();
}

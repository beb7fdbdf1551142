// sourcing/threshold-for.ts: which tender threshold a purchase is compared with, and the value that it sees.
// Most specific jurisdiction first, then category; `*` matches what is absent. Clauses: AG-642 4.3, 4.4.
import type { Action } from '../action.ts';
import type { DecisionFacts } from '../decision-facts.ts';
import { convertMinor } from '../exchange/convert.ts';
import { type Aggregate, aggregateFor } from '../related/aggregate-for.ts';
import type { SupplierFacts } from '../suppliers/supplier-facts.ts';
import { type CompiledSourcingPolicy, type TenderThreshold, foldCategory } from './sourcing-policy.ts';

export type ApplicableThreshold =
  | { readonly kind: 'one'; readonly threshold: TenderThreshold }
  /** Which one applies cannot be said without the evidence that is missing; one of these might. */
  | {
      readonly kind: 'unclear';
      readonly missing: 'category' | 'jurisdiction';
      readonly candidates: readonly TenderThreshold[];
    }
  | { readonly kind: 'none' };

/** `chain`: where the buying entity is, nearest first, `*` last. */
export function thresholdFor(
  { thresholds }: CompiledSourcingPolicy,
  chain: readonly string[],
  category: string | null,
): ApplicableThreshold {
  const folded = category === null ? '' : foldCategory(category);
  for (const jurisdiction of chain) {
    const group = thresholds.get(jurisdiction);
    if (group === undefined) continue;
    const threshold = group.byCategory.get(folded) ?? group.any;
    if (threshold !== null) return { kind: 'one', threshold };
  }
  // Nothing matches what is known. What is not known might have matched.
  const isPlaceKnown = chain.length > 1;
  const candidates: TenderThreshold[] = [];
  for (const [jurisdiction, group] of thresholds) {
    if (isPlaceKnown && !chain.includes(jurisdiction)) continue;
    if (folded === '') candidates.push(...group.byCategory.values());
    const named = folded === '' ? null : group.byCategory.get(folded);
    for (const threshold of [named, group.any]) if (threshold != null) candidates.push(threshold);
  }
  if (candidates.length === 0) return { kind: 'none' };
  return { kind: 'unclear', missing: folded === '' ? 'category' : 'jurisdiction', candidates };
}

/**
 * The larger of the aggregate and the contract's estimated value, on the threshold's basis. A repetition that the policy
 * explains is not added up.
 */
export function valueAt(
  threshold: TenderThreshold,
  action: Action,
  facts: Pick<DecisionFacts, 'related' | 'exchange' | 'supplier'>,
  policy: Pick<CompiledSourcingPolicy, 'repetitions'>,
): Aggregate {
  const own = threshold.basis === 'net' ? { ...action, amountMinor: netOf(action) } : action;
  const isAlone = isInnocentRepetition(action, facts.supplier, policy);
  const aggregate = aggregateFor(
    own,
    isAlone ? { ...facts, related: { ...facts.related, groups: [] } } : facts,
    threshold,
  );
  const contractMinor = action.sourcing?.contractValueMinor ?? null;
  if (!aggregate.ok || contractMinor === null) return aggregate;
  const contract = convertMinor(
    contractMinor,
    { from: action.currency, to: threshold.currency },
    facts.exchange,
  );
  if (!contract.ok) return contract;
  const larger = (minor: bigint): bigint => (contract.minor > minor ? contract.minor : minor);
  return { ...aggregate, totalMinor: larger(aggregate.totalMinor), ownMinor: larger(aggregate.ownMinor) };
}

/** Whether the policy explains such purchases as repetition: a subscription each month, a hotel each night. */
export function isInnocentRepetition(
  action: Action,
  supplier: SupplierFacts | null,
  { repetitions }: Pick<CompiledSourcingPolicy, 'repetitions'>,
): boolean {
  return repetitions.some(
    ({ supplierList, category, costCenter, upToMinor, currency }) =>
      currency === action.currency &&
      action.amountMinor <= upToMinor &&
      (supplierList === null || supplierList.admits(action, supplier)) &&
      (category === null || (action.category !== null && foldCategory(action.category) === category)) &&
      (costCenter === null || action.costCenter === costCenter),
  );
}

/**
 * The net amount as the request gives it; gross where it gives none, or one that is not to be believed: no tax on
 * consumption takes more than half of the net on top of it.
 */
function netOf({ amountMinor, sourcing }: Action): bigint {
  const net = sourcing?.netMinor ?? null;
  return net !== null && net <= amountMinor && net * 3n >= amountMinor * 2n ? net : amountMinor;
}

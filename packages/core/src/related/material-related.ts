// related/material-related.ts: of what the ledger knows to be near a purchase, what any threshold that applies could see.
// What none can see is left out of the facts: they are written down for every decision, for ever.
// INVARIANT: for each of the thresholds aggregateFor gives the same with the result as with the whole.
import type { Action } from '../action.ts';
import { type ExchangeFacts, convertMinor } from '../exchange/convert.ts';
import type { Threshold } from './aggregate-for.ts';
import type { RelatedFacts, RelatedGroup, RelatedPart } from './related-facts.ts';
import type { RelationSettings } from './relation-settings.ts';

export interface Reach {
  /** By a shared intent the purchase could count towards some threshold. */
  readonly intent: boolean;
  /** As a large part it could. */
  readonly large: boolean;
}

/** How the purchase, by its own size, could be related to others at all. */
export function reachOf(
  action: Action,
  settings: RelationSettings,
  { thresholds, exchange }: Watched,
): Reach {
  let intent = false;
  let large = false;
  for (const { amountMinor, currency } of thresholds) {
    const own = convertMinor(action.amountMinor, { from: action.currency, to: currency }, exchange);
    if (!own.ok) return { intent: true, large: true }; // it cannot be compared: the control says so
    const hundredfold = own.minor * 100n;
    intent ||= hundredfold >= amountMinor * BigInt(settings.intentSharePercent);
    large ||= hundredfold >= amountMinor * BigInt(settings.largeSharePercent);
  }
  return { intent, large };
}

export interface Watched {
  readonly thresholds: readonly Threshold[];
  readonly exchange: ExchangeFacts;
}

export function materialRelated(action: Action, related: RelatedFacts, watched: Watched): RelatedFacts {
  if (related.groups.length === 0) return related;
  const { thresholds, exchange } = watched;
  if (thresholds.length === 0) return { ...related, groups: [] };
  const isMaterial = (part: RelatedPart, basis: RelatedGroup['basis']): boolean => {
    const percent = smallestShare(part, basis, related);
    if (percent === null) return false;
    return thresholds.some(({ amountMinor, currency }) => {
      const own = convertMinor(action.amountMinor, { from: action.currency, to: currency }, exchange);
      const other = convertMinor(part.amountMinor, { from: part.currency, to: currency }, exchange);
      if (!own.ok || !other.ok) return true;
      const floor = amountMinor * BigInt(percent);
      return own.minor * 100n >= floor && other.minor * 100n >= floor;
    });
  };
  const groups = related.groups.flatMap((group) => {
    if (group.basis === 'project') return [group];
    const parts = group.parts.filter((part) => isMaterial(part, group.basis));
    return parts.length === 0 ? [] : [{ ...group, parts }];
  });
  return { ...related, groups };
}

/** In percent of a threshold, from which the part could count; null: never. */
function smallestShare(
  part: RelatedPart,
  basis: RelatedGroup['basis'],
  { settings }: RelatedFacts,
): number | null {
  const isClose = basis === 'cost_center' && part.daysBefore <= settings.closeDays;
  if (part.sharesIntent && isClose) return Math.min(settings.intentSharePercent, settings.largeSharePercent);
  if (part.sharesIntent) return settings.intentSharePercent;
  return isClose ? settings.largeSharePercent : null;
}

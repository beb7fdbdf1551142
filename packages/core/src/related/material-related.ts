// related/material-related.ts: of what the ledger knows to be near a purchase, what any threshold that applies could see.
// What none can see is left out of the facts: they are written down for every decision, for ever.
// INVARIANT: for each of the thresholds aggregateFor gives the same with the result as with the whole.
import type { Action } from '../action.ts';
import { type ExchangeFacts, convertMinor } from '../exchange/convert.ts';
import type { Threshold } from './aggregate-for.ts';
import type { RelatedFacts, RelatedGroup, RelatedPart } from './related-facts.ts';

export function materialRelated(
  action: Action,
  related: RelatedFacts,
  { thresholds, exchange }: { readonly thresholds: readonly Threshold[]; readonly exchange: ExchangeFacts },
): RelatedFacts {
  if (related.groups.length === 0) return related;
  if (thresholds.length === 0) return { ...related, groups: [] };
  const isMaterial = (part: RelatedPart, basis: RelatedGroup['basis']): boolean =>
    thresholds.some((threshold) => {
      const percent = smallestShare(part, basis, related);
      const own = convertMinor(
        action.amountMinor,
        { from: action.currency, to: threshold.currency },
        exchange,
      );
      const other = convertMinor(part.amountMinor, { from: part.currency, to: threshold.currency }, exchange);
      if (percent === null) return false;
      if (!own.ok || !other.ok) return true; // it cannot be compared: the control says so
      const floor = threshold.amountMinor * BigInt(percent);
      return own.minor * 100n >= floor && other.minor * 100n >= floor;
    });
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

// related/aggregate-for.ts: what a threshold is compared with: the purchase and every earlier one that is part of the same
// economic transaction (SEMANTICS "Split orders"). Clause: AG-642 4.4.
// Aggregation needs the same supplier (or group) AND the same project or a functional relation; the rest only signals.
import type { Action } from '../action.ts';
import { type ExchangeFacts, convertMinor } from '../exchange/convert.ts';
import type { RelatedFacts, RelatedGroup } from './related-facts.ts';

export interface Threshold {
  readonly amountMinor: bigint;
  readonly currency: string;
}

export type RelationReason = 'same_project' | 'shared_intent' | 'large_parts';

export type Aggregate =
  | {
      readonly ok: true;
      /** In the threshold's currency, the purchase itself included. */
      readonly totalMinor: bigint;
      /** The purchase alone, in the threshold's currency. */
      readonly ownMinor: bigint;
      /** Related purchases that are named; there may be more. */
      readonly requestIds: readonly string[];
      readonly reasons: readonly RelationReason[];
    }
  /** An amount cannot be compared: a rate is missing or stale. */
  | { readonly ok: false; readonly reasonCode: string; readonly message: string };

/** The value that this threshold sees. */
export function aggregateFor(
  action: Action,
  facts: { readonly related: RelatedFacts; readonly exchange: ExchangeFacts },
  threshold: Threshold,
): Aggregate {
  const own = convertMinor(
    action.amountMinor,
    { from: action.currency, to: threshold.currency },
    facts.exchange,
  );
  if (!own.ok) return own;
  let totalMinor = own.minor;
  let best: Pick<Aggregate & { ok: true }, 'requestIds' | 'reasons'> = { requestIds: [], reasons: [] };
  for (const group of facts.related.groups) {
    const sum =
      group.basis === 'project'
        ? sumOfProject(group, threshold, facts.exchange)
        : sumOfParts(group, own.minor, threshold, facts);
    if (!sum.ok) return sum;
    // The groups overlap: the larger sum is the better founded one, adding them would count purchases twice.
    if (own.minor + sum.minor <= totalMinor) continue;
    totalMinor = own.minor + sum.minor;
    best = sum;
  }
  return { ok: true, totalMinor, ownMinor: own.minor, requestIds: best.requestIds, reasons: best.reasons };
}

type Sum =
  | {
      readonly ok: true;
      readonly minor: bigint;
      readonly requestIds: readonly string[];
      readonly reasons: readonly RelationReason[];
    }
  | { readonly ok: false; readonly reasonCode: string; readonly message: string };

function sumOfProject(group: RelatedGroup, threshold: Threshold, exchange: ExchangeFacts): Sum {
  let minor = 0n;
  for (const total of group.totals) {
    const converted = convertMinor(
      total.amountMinor,
      { from: total.currency, to: threshold.currency },
      exchange,
    );
    if (!converted.ok) return converted;
    minor += converted.minor;
  }
  return {
    ok: true,
    minor,
    requestIds: group.parts.map((part) => part.requestId),
    reasons: ['same_project'],
  };
}

/**
 * Parts that share the intent, or are, with this purchase, at least two large ones close in time. Both are bounded from
 * below by a share of the threshold, so that the largest parts of each day are all that is needed.
 */
function sumOfParts(
  group: RelatedGroup,
  ownMinor: bigint,
  threshold: Threshold,
  { exchange, related: { settings } }: { readonly related: RelatedFacts; readonly exchange: ExchangeFacts },
): Sum {
  const isShare = (minor: bigint, percent: number): boolean =>
    minor * 100n >= threshold.amountMinor * BigInt(percent) &&
    ownMinor * 100n >= threshold.amountMinor * BigInt(percent);
  const requestIds: string[] = [];
  const reasons = new Set<RelationReason>();
  let minor = 0n;
  for (const part of group.parts) {
    const converted = convertMinor(
      part.amountMinor,
      { from: part.currency, to: threshold.currency },
      exchange,
    );
    if (!converted.ok) return converted;
    const sharesIntent = part.sharesIntent && isShare(converted.minor, settings.intentSharePercent);
    const isLarge =
      group.basis === 'cost_center' &&
      part.daysBefore <= settings.closeDays &&
      isShare(converted.minor, settings.largeSharePercent);
    if (!sharesIntent && !isLarge) continue;
    reasons.add(sharesIntent ? 'shared_intent' : 'large_parts');
    requestIds.push(part.requestId);
    minor += converted.minor;
  }
  return { ok: true, minor, requestIds, reasons: [...reasons] };
}

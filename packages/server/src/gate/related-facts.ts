// gate/related-facts.ts: what is near a purchase, for its decision, and how the ledger's day buckets change with it.
// Clause: AG-642 4.4. Must not send SQL.
import {
  type Action,
  type ExchangeFacts,
  type Finding,
  NOT_RELATED,
  type PurchaseState,
  type RelatedFacts,
  type RelationSettings,
  type Threshold,
  materialRelated,
  reachOf,
} from '@countersign/core';

import { type Counted } from './related-days.ts';
import { type RelatedKeys, dayOf } from './related-keys.ts';
import type { WorkingSet } from './working-set.ts';

export interface RelatedQuery {
  readonly related: RelatedKeys;
  readonly settings: RelationSettings;
  /** Every threshold that sees the sum; without one nothing is looked up. */
  readonly thresholds: readonly Threshold[];
  readonly exchange: ExchangeFacts;
  readonly atMs: number;
  /** null: it does not exist yet. */
  readonly own: { readonly state: PurchaseState; readonly decidedEntryId: bigint } | null;
}

export function relatedFacts(action: Action, query: RelatedQuery, working: WorkingSet): RelatedFacts {
  const { related, settings, own, atMs } = query;
  if (related.keys.length === 0) return NOT_RELATED;
  const stop = own === null ? null : working.relatedStop(related, own.decidedEntryId);
  const groups =
    query.thresholds.length === 0
      ? []
      : working.related.facts(related, {
          settings,
          reach: reachOf(action, settings, query),
          day: own === null ? related.day : dayOf(atMs),
          own: own === null || !isCounted(own.state) ? null : countedOf(own.state),
        });
  if (groups.length === 0 && stop === null) return NOT_RELATED;
  return materialRelated(
    action,
    {
      settings,
      groups,
      stopped:
        stop === null
          ? null
          : { requestId: stop.request_id, amountMinor: stop.amount_minor, currency: stop.currency },
    },
    query,
  );
}

/** A new purchase: it counts from now on, or is a signal; and where it was stopped for a sum, its siblings wait. */
export function countOpened(
  {
    related,
    state,
    findings,
  }: { readonly related: RelatedKeys; readonly state: PurchaseState; readonly findings: readonly Finding[] },
  entryId: bigint,
  working: WorkingSet,
): void {
  if (related.keys.length === 0) return;
  if (isCounted(state)) working.related.add(related, countedOf(state), entryId);
  else working.related.refuse(related, entryId);
  const siblingIds = stoppedFor(findings);
  if (siblingIds.length === 0) return;
  const { requestId, action } = state;
  const { amountMinor, currency } = action;
  for (const { groupKey } of related.keys) {
    working.newStops.push({ groupKey, requestId, amountMinor, currency, siblingIds, entryId });
  }
}

/**
 * A purchase that came to its end before money moved does not count any more; one that is cleared after its end does
 * again.
 */
export function countChanged(
  {
    related,
    before,
    after,
  }: { readonly related: RelatedKeys; readonly before: PurchaseState; readonly after: PurchaseState },
  entryId: bigint,
  working: WorkingSet,
): void {
  if (related.keys.length === 0 || isCounted(before) === isCounted(after)) return;
  if (isCounted(after)) working.related.add(related, countedOf(after), entryId);
  else working.related.remove(related, countedOf(before), { isRefused: after.status !== 'expired', entryId });
}

/** The siblings without which it would not have been stopped. */
export function stoppedFor(findings: readonly Finding[]): readonly string[] {
  const siblings = new Set<string>();
  for (const finding of findings) {
    if (finding.outcome === 'pass') continue;
    for (const requestId of finding.relatedRequestIds ?? []) siblings.add(requestId);
  }
  return [...siblings];
}

function isCounted({ status, authorizations }: PurchaseState): boolean {
  if (status === 'approved' || status === 'held') return true;
  return authorizations.some((authorization) => authorization.capturedMinor > 0n);
}

function countedOf({ requestId, action }: PurchaseState): Counted {
  return { requestId, currency: action.currency, amountMinor: action.amountMinor };
}

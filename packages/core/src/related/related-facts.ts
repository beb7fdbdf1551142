// related/related-facts.ts: purchases that may be parts of the same one, as the ledger's day buckets know them. Data only.
// What relates and what only signals: see aggregateFor in aggregate-for.ts.

import { DEFAULT_RELATION_SETTINGS, type RelationSettings } from './relation-settings.ts';

export interface RelatedFacts {
  readonly settings: RelationSettings;
  readonly groups: readonly RelatedGroup[];
  /** A later purchase that was stopped for the sum it made with this one; null: none. */
  readonly stopped: StoppedSibling | null;
}

export interface StoppedSibling {
  readonly requestId: string;
  readonly amountMinor: bigint;
  readonly currency: string;
}

/** Earlier purchases from the same supplier or supplier group, by the same legal entity, this one not included. */
export interface RelatedGroup {
  /**
   * `project`: for the same project, all of them. `cost_center`: for the same cost centre; related only as its parts say.
   * `no_cost_center`: none is named, so that only a shared intent relates them.
   */
  readonly basis: 'project' | 'cost_center' | 'no_cost_center';
  /** Over the window, by currency. */
  readonly totals: readonly RelatedTotal[];
  /** The largest of each day, most recent day first. */
  readonly parts: readonly RelatedPart[];
  /** Attempts in the window that were denied or cancelled: they are no spend, but they are a signal. */
  readonly refusedCount: number;
}

export interface RelatedTotal {
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly count: number;
}

export interface RelatedPart {
  readonly requestId: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  /** Days before this purchase: 0 is the same day. */
  readonly daysBefore: number;
  /** Its stated intent shares the words that name a job with this purchase's. */
  readonly sharesIntent: boolean;
}

export const NOT_RELATED: RelatedFacts = {
  settings: DEFAULT_RELATION_SETTINGS,
  groups: [],
  stopped: null,
};

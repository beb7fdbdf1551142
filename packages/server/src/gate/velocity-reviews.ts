// gate/velocity-reviews.ts: which reviews concern a request, and as whom a supplier is reviewed. Pure: configuration in.
import type { Action, VelocityReviewFact } from '@countersign/core';

import { groupKeyOf } from '../suppliers/supplier-identity.ts';
import type { SupplierIndex } from '../suppliers/supplier-index.ts';
import type { Configuration } from './configuration.ts';

/** By subject, see reviewKey. */
export type VelocityReviews = ReadonlyMap<string, VelocityReviewFact>;

export function reviewKey(subjectType: string, subjectId: string): string {
  return `${subjectType}|${subjectId}`;
}

/** A vendor's other spellings and domains are the same subject: see groupKeyOf. */
export function supplierSubjectOf(index: SupplierIndex, vendor: string): string {
  return groupKeyOf(index, { counterparty: vendor, merchantDomain: null });
}

const NONE: { readonly velocityReviews?: readonly VelocityReviewFact[] } = {};

/** Nothing, and no work, where nobody is under review. */
export function velocityReviewFacts(
  { velocityReviews, suppliers }: Configuration,
  action: Action,
): typeof NONE {
  if (velocityReviews.size === 0 || action.subject !== 'purchase') return NONE;
  const keys = [
    reviewKey('agent', action.agentId),
    ...(action.team === null ? [] : [reviewKey('team', action.team)]),
    reviewKey('supplier', supplierSubjectOf(suppliers, action.counterparty)),
  ];
  const found = keys.flatMap((key) => velocityReviews.get(key) ?? []);
  return found.length === 0 ? NONE : { velocityReviews: found };
}

export type VelocityReviewRow = readonly [
  reviewId: string,
  alertId: string,
  subjectType: VelocityReviewFact['subjectType'],
  subjectId: string,
  sinceMs: number,
];

/** As the log has it. */
export function velocityReviewRow(fact: VelocityReviewFact): VelocityReviewRow {
  return [fact.reviewId, fact.alertId, fact.subjectType, fact.subjectId, fact.sinceMs];
}

/** The inverse of velocityReviewRow. */
export function velocityReviewOfRow(row: VelocityReviewRow): VelocityReviewFact {
  const [reviewId, alertId, subjectType, subjectId, sinceMs] = row;
  return { reviewId, alertId, subjectType, subjectId, sinceMs };
}

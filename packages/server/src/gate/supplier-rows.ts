// gate/supplier-rows.ts: the facts of a supplier as a decision's log entry holds them, and back. Rows, not objects: each
// byte is written for every decision that has them. Must not look at the registry.
import type { SupplierFacts, SupplierReview } from '@countersign/core';

import type { Json } from '../record/recorder.ts';

export type SupplierRow = readonly [string, number, ...string[]];
export type ReviewRow = readonly [string, number, string, string, number];

const SANCTIONED = ', sanctioned';

export function supplierRow(supplier: SupplierFacts): Json {
  const row = [
    supplier.supplierId,
    supplier.version,
    standingText(supplier),
    supplier.verification,
    supplier.matchedBy,
    supplier.country ?? '',
    supplier.groupId ?? '',
  ];
  if (supplier.conflictsWith !== null) row.push(supplier.conflictsWith);
  return row;
}

export function supplierOfRow([supplierId, version, ...texts]: SupplierRow): SupplierFacts {
  const [standing, verification, matchedBy, country, groupId, conflictsWith] = texts;
  return {
    supplierId,
    version,
    ...standingOf(standing ?? ''),
    verification: verification as SupplierFacts['verification'], // these as supplierRow wrote them
    matchedBy: matchedBy as SupplierFacts['matchedBy'],
    country: country === undefined || country === '' ? null : country,
    groupId: groupId === undefined || groupId === '' ? null : groupId,
    conflictsWith: conflictsWith ?? null,
  };
}

export function reviewRow(review: SupplierReview): Json {
  return [review.supplierId, review.version, standingText(review), review.reason, review.score];
}

export function reviewOfRow([supplierId, version, standing, reason, score]: ReviewRow): SupplierReview {
  return { supplierId, version, ...standingOf(standing), reason: reason as SupplierReview['reason'], score };
}

function standingText({ standing, sanctioned }: Pick<SupplierFacts, 'standing' | 'sanctioned'>): string {
  return sanctioned ? `${standing}${SANCTIONED}` : standing;
}

function standingOf(text: string): Pick<SupplierFacts, 'standing' | 'sanctioned'> {
  const sanctioned = text.endsWith(SANCTIONED);
  const standing = sanctioned ? text.slice(0, -SANCTIONED.length) : text;
  return { standing: standing as SupplierFacts['standing'], sanctioned };
}

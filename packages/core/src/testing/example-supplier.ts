// testing/example-supplier.ts: an ordinary registered supplier for tests, to be changed where a test looks.
// Must not be used by anything but tests.
import type { SupplierFacts } from '../suppliers/supplier-facts.ts';

/** Approved and verified, in Germany. */
export function exampleSupplier(changes: Partial<SupplierFacts> = {}): SupplierFacts {
  return {
    supplierId: 'sup_acme',
    groupId: null,
    version: 1,
    standing: 'approved',
    sanctioned: false,
    country: 'DE',
    verification: 'verified',
    matchedBy: 'supplier_id',
    conflictsWith: null,
    ...changes,
  };
}

// gate/supplier-facts.ts: what the registry of suppliers adds to the facts of a decision, and what it says of a merchant at
// the till. Pure: the compiled registry in, nothing else. A check asks a policy alone, so it gets none of it.
import type { Action, DecisionFacts, Merchant, SupplierFacts } from '@countersign/core';

import {
  groupKeyOf,
  merchantFacts,
  registeredSuppliersOf,
  supplierOf,
  supplierReviewOf,
} from '../suppliers/supplier-identity.ts';
import type { SupplierIndex } from '../suppliers/supplier-index.ts';

type RegistryFacts = Pick<DecisionFacts, 'supplier' | 'supplierReview'>;

const NOTHING: RegistryFacts = { supplier: null, supplierReview: null };

/** `merchant`: whom the network reports, at the till. */
export function supplierFacts(
  index: SupplierIndex,
  action: Action,
  merchant: Merchant | null,
): RegistryFacts {
  if (action.subject !== 'purchase' || index.suppliers.size === 0) return NOTHING;
  const supplier = supplierOf(index, action);
  const supplierReview = supplierReviewOf(index, action);
  if (supplier !== null || merchant === null) return { supplier, supplierReview };
  return { supplier: merchantFacts(index, merchant), supplierReview };
}

/**
 * The merchant with what the registry says of it: the supplier of this purchase, or another. Without a word of it where the
 * registry does not know the merchant, or knows it as a company of the same group.
 */
export function withRegistration(index: SupplierIndex, action: Action, merchant: Merchant): Merchant {
  if (index.suppliers.size === 0) return merchant;
  const registered = registrationOf(index, action, merchant);
  return registered === null ? merchant : { ...merchant, registered };
}

function registrationOf(
  index: SupplierIndex,
  action: Action,
  merchant: Merchant,
): 'vendor' | 'another' | null {
  const own = supplierOf(index, action);
  const found = registeredSuppliersOf(index, merchant);
  const first = found[0];
  if (first === undefined) return isNamedElsewhere(own) ? 'another' : null;
  if (!found.every((supplier) => index.areTogether(first, supplier))) return 'another';
  if (own === null) return null;
  if (found.some(({ supplierId }) => supplierId === own.supplierId)) return 'vendor';
  return groupKeyOf(index, action) === index.groupKeyOf(first) ? null : 'another';
}

/** The vendor's string is nobody's: only the merchant's own identifiers can show that it is the supplier. */
function isNamedElsewhere(own: SupplierFacts | null): boolean {
  return own?.matchedBy === 'merchant_domain';
}

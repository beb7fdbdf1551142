// sourcing/supplier-list.ts: whether the supplier of a purchase is on a list of hosts, wildcards, vendor ids, registered
// supplier ids and supplier groups. Identifiers alone: names never match. Must not normalise beyond ASCII letter case.
import type { Action } from '../action.ts';
import type { SupplierFacts } from '../suppliers/supplier-facts.ts';
import { checkVendor, compileVendorList } from '../vendor-match.ts';

export interface SupplierList {
  readonly entries: readonly string[];
  /** The vendor itself is on the list, exactly, or the supplier it is registered as, or that one's group. */
  admits(action: Pick<Action, 'counterparty'>, supplier: SupplierFacts | null): boolean;
  /** For lists that forbid: letter case aside, the merchant's domain as well; `unreadable`: it cannot be compared. */
  forbids(
    action: Pick<Action, 'counterparty' | 'merchantDomain'>,
    supplier: SupplierFacts | null,
  ): 'listed' | 'clear' | 'unreadable';
}

/** Entries that validateVendorEntry accepts. */
export function compileSupplierList(entries: readonly string[]): SupplierList {
  const exact = compileVendorList(entries);
  const folded = compileVendorList(entries.map(foldAscii));
  const ids = new Set(entries);
  const isRegistered = (supplier: SupplierFacts | null): boolean =>
    supplier !== null &&
    (ids.has(supplier.supplierId) || (supplier.groupId !== null && ids.has(supplier.groupId)));
  return {
    entries,
    admits: ({ counterparty }, supplier) => isRegistered(supplier) || exact.match(counterparty).matched,
    forbids({ counterparty, merchantDomain }, supplier) {
      if (isRegistered(supplier)) return 'listed';
      const vendor = folded.match(foldAscii(counterparty));
      const domain = merchantDomain === null ? null : folded.match(foldAscii(merchantDomain));
      if (vendor.matched || domain?.matched === true) return 'listed';
      const isReadable = ![vendor, domain].some(
        (match) => match?.matched === false && match.fault !== undefined,
      );
      return isReadable ? 'clear' : 'unreadable';
    },
  };
}

/** Every text by which a list or a record may name the supplier of this purchase, wildcards aside. */
export function supplierKeys(
  { counterparty }: Pick<Action, 'counterparty'>,
  supplier: SupplierFacts | null,
): readonly string[] {
  const keys = [supplierKey(counterparty)];
  if (supplier !== null) {
    keys.push(supplier.supplierId);
    if (supplier.groupId !== null) keys.push(supplier.groupId);
  }
  return keys;
}

/** A host without `www.`, in lower case; an id as it is written. */
export function supplierKey(text: string): string {
  const checked = checkVendor(text);
  if (!checked.ok || checked.kind === 'id') return text;
  return checked.canonical.startsWith('www.') ? checked.canonical.slice('www.'.length) : checked.canonical;
}

/** Not toLowerCase: it folds letters outside ASCII into it. */
function foldAscii(text: string): string {
  if (!/[A-Z]/.test(text)) return text;
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

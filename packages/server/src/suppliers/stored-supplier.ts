// suppliers/stored-supplier.ts: the document of a supplier as the registry stores it and the wire shows it, and the supplier
// that decisions read from it. The document was checked when it was registered; nothing is checked here.
import type { SupplierStanding, VerificationState } from '@countersign/core';

import type { Supplier } from './supplier.ts';

/** As stored: names as on the wire, identifiers in their normal form, absent lists empty. */
export interface SupplierDocument {
  readonly legal_name: string;
  readonly trading_names: readonly string[];
  readonly descriptors: readonly string[];
  readonly domains: readonly string[];
  readonly tax_ids: readonly string[];
  readonly bank_accounts: readonly string[];
  readonly merchant_ids: readonly string[];
  readonly country: string | null;
  readonly mccs: readonly string[];
  readonly standing: SupplierStanding;
  /** null: never screened. */
  readonly sanctions: {
    readonly flagged: boolean;
    readonly list: string | null;
    readonly date: string | null;
  } | null;
  readonly verification: { readonly state: VerificationState; readonly date: string | null };
  readonly group_id: string | null;
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
}

export function supplierOfDocument(
  supplierId: string,
  version: number,
  document: SupplierDocument,
): Supplier {
  return {
    supplierId,
    version,
    legalName: document.legal_name,
    tradingNames: document.trading_names,
    descriptors: document.descriptors,
    domains: document.domains,
    taxIds: document.tax_ids,
    bankAccounts: document.bank_accounts,
    merchantIds: document.merchant_ids,
    country: document.country,
    mccs: document.mccs,
    standing: document.standing,
    sanctions: document.sanctions,
    verification: document.verification,
    groupId: document.group_id,
  };
}

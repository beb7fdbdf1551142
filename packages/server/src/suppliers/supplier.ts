// suppliers/supplier.ts: a registered supplier as decisions and comparisons read it, and what a purchase shows of its
// counterparty. Data only.
import type { SupplierStanding, VerificationState } from '@countersign/core';

export interface Supplier {
  readonly supplierId: string;
  readonly version: number;
  readonly legalName: string;
  readonly tradingNames: readonly string[];
  /** Card descriptors, exactly as the network prints them. */
  readonly descriptors: readonly string[];
  /** Hosts, and `*.host` for everything below one. */
  readonly domains: readonly string[];
  /** Normal form, see identifiers.ts. */
  readonly taxIds: readonly string[];
  readonly bankAccounts: readonly string[];
  readonly merchantIds: readonly string[];
  readonly country: string | null;
  readonly mccs: readonly string[];
  readonly standing: SupplierStanding;
  readonly sanctions: {
    readonly flagged: boolean;
    readonly list: string | null;
    readonly date: string | null;
  } | null;
  readonly verification: { readonly state: VerificationState; readonly date: string | null };
  /** The group or the parent supplier it belongs to. */
  readonly groupId: string | null;
}

/** What a purchase says of who is paid. */
export interface Counterparty {
  readonly counterparty: string;
  readonly merchantDomain: string | null;
}

// suppliers/supplier-facts.ts: what the registry of suppliers says of the counterparty of one purchase. Data only.
// Who it is follows from identifiers alone; what names suggest is a review, and never an identity.

export type SupplierStanding = 'preferred' | 'approved' | 'probation' | 'suspended' | 'prohibited';
export type VerificationState = 'unverified' | 'pending' | 'verified' | 'failed';

/** By which identifier the supplier was recognised; `merchant_*`: by what stands beside the vendor's own string. */
export type SupplierMatchedBy =
  'supplier_id' | 'host' | 'merchant_id' | 'descriptor' | 'merchant_domain' | 'merchant_detail';

/** The supplier that identifiers point to; its source is the registry. */
export interface SupplierFacts {
  readonly supplierId: string;
  /** The group of related suppliers it belongs to; null: it stands alone. */
  readonly groupId: string | null;
  readonly version: number;
  readonly standing: SupplierStanding;
  readonly sanctioned: boolean;
  /** ISO 3166-1 alpha-2; null: not registered. */
  readonly country: string | null;
  readonly verification: VerificationState;
  readonly matchedBy: SupplierMatchedBy;
  /** Another supplier, of no common group, that another identifier of the same purchase points to. */
  readonly conflictsWith: string | null;
}

/** A sanctioned, prohibited or suspended supplier that the counterparty's name resembles, without any identifier of it. */
export interface SupplierReview {
  readonly supplierId: string;
  readonly version: number;
  readonly standing: SupplierStanding;
  readonly sanctioned: boolean;
  readonly reason: 'same_name' | 'similar_name' | 'look_alike';
  /** Hundredths: 100 is the same name. */
  readonly score: number;
}

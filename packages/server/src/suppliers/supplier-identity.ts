// suppliers/supplier-identity.ts: whom a purchase is from: the registered supplier that its identifiers point to, the key of
// the supplier or group it counts for, and the review its name calls for. Pure; each counterparty is worked out once.
// INVARIANT: a supplier is found by exact identifiers alone. No name, however alike, makes a purchase a supplier's.
import {
  type Merchant,
  type SupplierFacts,
  type SupplierMatchedBy,
  type SupplierReview,
  checkVendor,
} from '@countersign/core';
import { parse } from 'tldts';

import { registrableDomain } from './identifiers.ts';
import type { NameHit } from './name-index.ts';
import type { Counterparty, Supplier } from './supplier.ts';
import type { SupplierIndex } from './supplier-index.ts';
import { normalName } from './supplier-name.ts';

/** The supplier of a purchase by its identifiers; null: none of them is registered. */
export function supplierOf(index: SupplierIndex, action: Counterparty): SupplierFacts | null {
  return identityOf(index, action).supplier;
}

/**
 * Says which purchases are from the same supplier: its registered group, else the supplier, else the registrable domain,
 * else the normal form of the name.
 */
export function groupKeyOf(index: SupplierIndex, action: Counterparty): string {
  return identityOf(index, action).groupKey;
}

/** Whom nothing may be bought from and the name resembles; null as well when identifiers say who it is. */
export function supplierReviewOf(index: SupplierIndex, action: Counterparty): SupplierReview | null {
  return identityOf(index, action).review;
}

interface Identity {
  readonly supplier: SupplierFacts | null;
  readonly groupKey: string;
  readonly review: SupplierReview | null;
}

/** Counterparties an index remembers; it forgets the oldest. */
const REMEMBERED_MAX = 20_000;

function identityOf(index: SupplierIndex, { counterparty, merchantDomain }: Counterparty): Identity {
  const key = merchantDomain === null ? counterparty : `${counterparty}\0${merchantDomain}`;
  const remembered = index.identities.get(key) as Identity | undefined; // written below only
  if (remembered !== undefined) return remembered;
  const identity = workedOut(index, { counterparty, merchantDomain });
  if (index.identities.size >= REMEMBERED_MAX) {
    for (const oldest of index.identities.keys()) {
      index.identities.delete(oldest);
      if (index.identities.size < REMEMBERED_MAX) break;
    }
  }
  index.identities.set(key, identity);
  return identity;
}

function workedOut(index: SupplierIndex, action: Counterparty): Identity {
  const found = byIdentifiers(index, action);
  if (found === null) {
    return { supplier: null, groupKey: unregisteredKey(index, action), review: reviewOf(index, action) };
  }
  const { supplier } = found;
  return { supplier: factsOf(index, found), groupKey: index.groupKeyOf(supplier), review: null };
}

interface Found {
  readonly supplier: Supplier;
  readonly matchedBy: SupplierMatchedBy;
  readonly conflict: Supplier | null;
}

function byIdentifiers(index: SupplierIndex, { counterparty, merchantDomain }: Counterparty): Found | null {
  if (index.suppliers.size === 0) return null;
  const hits: Hit[] = [];
  const text = index.find('text', counterparty);
  if (text.length > 0) {
    const supplier = strictest(text);
    hits.push({ supplier, matchedBy: textKindOf(supplier, counterparty) });
  }
  const vendorHost = hostOf(counterparty);
  const atVendor = vendorHost === null ? [] : index.atHost(vendorHost);
  if (atVendor.length > 0) hits.push({ supplier: strictest(atVendor), matchedBy: 'host' });
  const domainHost = merchantDomain === null ? null : hostOf(merchantDomain);
  const atDomain = domainHost === null ? [] : index.atHost(domainHost);
  if (atDomain.length > 0) hits.push({ supplier: strictest(atDomain), matchedBy: 'merchant_domain' });
  return settled(index, hits);
}

interface Hit {
  readonly supplier: Supplier;
  readonly matchedBy: SupplierMatchedBy;
}

/** Where identifiers point to several suppliers the first that was named stands, unless another is stricter. */
function settled(index: SupplierIndex, hits: readonly Hit[]): Found | null {
  const [first] = hits;
  if (first === undefined) return null;
  const strict = hits.reduce(
    (one, other) => (rankOf(other.supplier) > rankOf(one.supplier) ? other : one),
    first,
  );
  const conflict = hits.find(({ supplier }) => !index.areTogether(supplier, strict.supplier));
  return { ...strict, conflict: conflict?.supplier ?? null };
}

function textKindOf(supplier: Supplier, text: string): SupplierMatchedBy {
  if (supplier.supplierId === text) return 'supplier_id';
  return supplier.merchantIds.includes(text) ? 'merchant_id' : 'descriptor';
}

/** Several suppliers of one group may share an identifier: what is forbidden to one is forbidden. */
function strictest(suppliers: readonly Supplier[]): Supplier {
  const [first, ...others] = suppliers;
  if (first === undefined) throw new Error('an identifier was listed without a supplier');
  return others.reduce((one, other) => {
    const [a, b] = [rankOf(one), rankOf(other)];
    return b > a || (b === a && other.supplierId < one.supplierId) ? other : one;
  }, first);
}

const RANK = { preferred: 0, approved: 1, probation: 2, suspended: 3, prohibited: 4 } as const;

function rankOf({ standing, sanctions }: Supplier): number {
  return sanctions?.flagged === true ? 5 : RANK[standing];
}

function factsOf(index: SupplierIndex, { supplier, matchedBy, conflict }: Found): SupplierFacts {
  return {
    supplierId: supplier.supplierId,
    groupId: index.groupIdOf(supplier),
    version: supplier.version,
    standing: supplier.standing,
    sanctioned: supplier.sanctions?.flagged === true,
    country: supplier.country,
    verification: supplier.verification.state,
    matchedBy,
    conflictsWith: conflict?.supplierId ?? null,
  };
}

function unregisteredKey(index: SupplierIndex, { counterparty, merchantDomain }: Counterparty): string {
  const host = hostOf(counterparty) ?? (merchantDomain === null ? null : hostOf(merchantDomain));
  const registrable = host === null ? null : registrableDomain(host);
  if (registrable !== null) {
    const owner = index.find('registrable', registrable)[0];
    return owner === undefined ? `domain:${registrable}` : index.groupKeyOf(owner);
  }
  return `name:${normalName(counterparty).key}`;
}

function reviewOf(index: SupplierIndex, action: Counterparty): SupplierReview | null {
  const hits = namesOf(action).flatMap((name) => index.findFlagged(name) ?? []);
  const best = hits.reduce<NameHit | null>(
    (one, other) => (one === null || other.score > one.score ? other : one),
    null,
  );
  if (best === null) return null;
  const { supplier, score, isLookalike } = best;
  return {
    supplierId: supplier.supplierId,
    version: supplier.version,
    standing: supplier.standing,
    sanctioned: supplier.sanctions?.flagged === true,
    reason: isLookalike ? 'look_alike' : score === 1 ? 'same_name' : 'similar_name',
    score: Math.round(score * 100),
  };
}

/** What may be read as a name: the vendor's string, or the registered part of a host. */
function namesOf({ counterparty, merchantDomain }: Counterparty): string[] {
  const names = [nameOfHost(counterparty) ?? counterparty];
  const domain = merchantDomain === null ? null : nameOfHost(merchantDomain);
  if (domain !== null) names.push(domain);
  return names;
}

function nameOfHost(text: string): string | null {
  const host = hostOf(text);
  if (host === null) return null;
  const { domainWithoutSuffix } = parse(host, { allowPrivateDomains: true });
  return domainWithoutSuffix === null || domainWithoutSuffix === '' ? host : domainWithoutSuffix;
}

function hostOf(text: string): string | null {
  const checked = checkVendor(text);
  return checked.ok && checked.kind === 'host' ? checked.canonical : null;
}

/** Suppliers that a merchant at the till is registered as: by its merchant id, its host, its exact descriptor. */
export function registeredSuppliersOf(index: SupplierIndex, merchant: Merchant): readonly Supplier[] {
  const host = merchant.domain === null ? null : hostOf(merchant.domain);
  const found = new Set<Supplier>();
  const all = [
    merchant.merchantId === null ? undefined : index.find('merchantId', merchant.merchantId),
    host === null ? undefined : index.atHost(host),
    merchant.name === null ? undefined : index.find('descriptor', merchant.name),
  ];
  for (const suppliers of all) for (const supplier of suppliers ?? []) found.add(supplier);
  return [...found];
}

/** The supplier a merchant is registered as, for a purchase whose own vendor is not registered; null: it is not either. */
export function merchantFacts(index: SupplierIndex, merchant: Merchant): SupplierFacts | null {
  const found = registeredSuppliersOf(index, merchant);
  if (found.length === 0) return null;
  return factsOf(index, { supplier: strictest(found), matchedBy: 'merchant_detail', conflict: null });
}

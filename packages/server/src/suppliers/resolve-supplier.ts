// suppliers/resolve-supplier.ts: tells a person which registered supplier, or group of related ones, somebody's identifiers
// or name point to. Pure. `admits` is false for everything that rests on a name or on a registrable domain alone: such an
// answer relates and raises review, and no purchase passes by it.
import { checkVendor } from '@countersign/core';

import { hostOfText, normalBankAccount, normalTaxId, registrableDomain } from './identifiers.ts';
import type { NameHit } from './name-index.ts';
import type { Supplier } from './supplier.ts';
import type { SupplierIndex } from './supplier-index.ts';

/** Whatever is known of somebody; a text alone is a name, a host, or a descriptor. */
export interface SupplierQuery {
  readonly name?: string | undefined;
  readonly domain?: string | undefined;
  readonly tax_id?: string | undefined;
  readonly bank_account?: string | undefined;
  readonly merchant_id?: string | undefined;
}

export type MatchedBy =
  | 'supplier_id'
  | 'domain'
  | 'tax_id'
  | 'bank_account'
  | 'merchant_id'
  | 'descriptor'
  | 'registrable_domain'
  | 'name';

export interface SupplierResolution {
  readonly match: 'supplier' | 'group' | 'unknown';
  readonly supplierId: string | null;
  readonly groupId: string | null;
  readonly matchedBy: MatchedBy | null;
  /** Whether an exact identifier of the registry says so. */
  readonly admits: boolean;
  /** 1 for identifiers; of a name, how alike it is. */
  readonly score: number;
  readonly reasons: readonly string[];
  readonly candidates: readonly {
    readonly supplierId: string;
    readonly groupId: string | null;
    readonly standing: string;
    readonly sanctioned: boolean;
    readonly name: string;
    readonly score: number;
    readonly reasons: readonly string[];
  }[];
}

const CANDIDATES_MAX = 5;
/** By how much the best name must lead the next supplier's to be told apart from it. */
const LEAD_MIN = 0.04;

export function resolveSupplier(index: SupplierIndex, query: SupplierQuery | string): SupplierResolution {
  const known = typeof query === 'string' ? { name: query } : query;
  const found = exactMatches(index, known);
  if (found.length > 0) return byExact(index, found);
  const related = domainMatches(index, known);
  if (related.length > 0) {
    const candidates = related.map((supplier) => ({
      supplier,
      name: supplier.legalName,
      score: 0.95,
      reasons: ['same_registrable_domain'],
    }));
    return oneOrGroup(index, candidates, 'registrable_domain');
  }
  const name = known.name ?? nameOfDomain(known.domain);
  const hits = name === null ? [] : index.findNames(name, CANDIDATES_MAX);
  return byNames(index, hits);
}

interface Exact {
  readonly supplier: Supplier;
  readonly matchedBy: MatchedBy;
}

function exactMatches(
  index: SupplierIndex,
  { name, domain, tax_id, bank_account, merchant_id }: SupplierQuery,
): Exact[] {
  const found: Exact[] = [];
  const add = (matchedBy: MatchedBy, suppliers: readonly Supplier[] | undefined): void => {
    for (const supplier of suppliers ?? []) found.push({ supplier, matchedBy });
  };
  const taxId = tax_id === undefined ? null : normalTaxId(tax_id);
  if (taxId?.ok === true) add('tax_id', index.find('taxId', taxId.value));
  const account = bank_account === undefined ? null : normalBankAccount(bank_account);
  if (account?.ok === true) add('bank_account', index.find('bankAccount', account.value));
  if (merchant_id !== undefined) add('merchant_id', index.find('merchantId', merchant_id));
  const host = domain === undefined ? null : hostOfText(domain);
  if (host !== null) add('domain', index.atHost(host));
  if (name === undefined) return found;
  const written = index.suppliers.get(name);
  if (written !== undefined) add('supplier_id', [written]);
  add('descriptor', index.find('descriptor', name));
  add('merchant_id', index.find('merchantId', name));
  const vendor = checkVendor(name);
  if (vendor.ok && vendor.kind === 'host') add('domain', index.atHost(vendor.canonical));
  return found;
}

function byExact(index: SupplierIndex, found: readonly Exact[]): SupplierResolution {
  const [first] = found;
  if (first === undefined) throw new Error('nothing was found');
  const suppliers = [...new Set(found.map(({ supplier }) => supplier))];
  const candidates = suppliers.map((supplier) => ({
    supplier,
    name: supplier.legalName,
    score: 1,
    reasons: found.filter((one) => one.supplier === supplier).map(({ matchedBy }) => `same_${matchedBy}`),
  }));
  if (!suppliers.every((supplier) => index.areTogether(supplier, first.supplier))) {
    return { ...unknown(['identifiers_disagree']), candidates: candidates.map((one) => present(index, one)) };
  }
  return { ...oneOrGroup(index, candidates, first.matchedBy), admits: true };
}

function domainMatches(index: SupplierIndex, { name, domain }: SupplierQuery): readonly Supplier[] {
  const vendor = name === undefined ? null : checkVendor(name);
  const ofName = vendor?.ok === true && vendor.kind === 'host' ? vendor.canonical : null;
  const host = domain === undefined ? ofName : hostOfText(domain);
  const registrable = host === null ? null : registrableDomain(host);
  return registrable === null ? [] : index.find('registrable', registrable);
}

function nameOfDomain(domain: string | undefined): string | null {
  if (domain === undefined) return null;
  const host = hostOfText(domain);
  return host === null ? null : (registrableDomain(host)?.split('.')[0] ?? null);
}

function byNames(index: SupplierIndex, hits: readonly NameHit[]): SupplierResolution {
  const [best] = hits;
  if (best === undefined) return unknown(['no_registered_name_is_like_it']);
  const close = hits.filter((hit) => hit.score > best.score - LEAD_MIN);
  if (close.every((hit) => index.areTogether(hit.supplier, best.supplier))) {
    const answer = oneOrGroup(index, close, 'name');
    return { ...answer, candidates: hits.map((hit) => present(index, hit)) };
  }
  return {
    ...unknown(['several_suppliers_have_such_a_name']),
    candidates: hits.map((hit) => present(index, hit)),
  };
}

type Candidate = Pick<NameHit, 'supplier' | 'name' | 'score' | 'reasons'>;

function oneOrGroup(
  index: SupplierIndex,
  candidates: readonly Candidate[],
  matchedBy: MatchedBy,
): SupplierResolution {
  const [best] = candidates;
  if (best === undefined) throw new Error('there is no candidate');
  const isOne = candidates.length === 1;
  return {
    match: isOne ? 'supplier' : 'group',
    supplierId: isOne ? best.supplier.supplierId : null,
    groupId: index.groupIdOf(best.supplier),
    matchedBy,
    admits: false,
    score: best.score,
    reasons: best.reasons,
    candidates: candidates.slice(0, CANDIDATES_MAX).map((one) => present(index, one)),
  };
}

function present(index: SupplierIndex, { supplier, name, score, reasons }: Candidate) {
  const { supplierId, standing, sanctions } = supplier;
  const sanctioned = sanctions?.flagged === true;
  return { supplierId, groupId: index.groupIdOf(supplier), standing, sanctioned, name, score, reasons };
}

function unknown(reasons: readonly string[]): SupplierResolution {
  return {
    match: 'unknown',
    supplierId: null,
    groupId: null,
    matchedBy: null,
    admits: false,
    score: 0,
    reasons,
    candidates: [],
  };
}

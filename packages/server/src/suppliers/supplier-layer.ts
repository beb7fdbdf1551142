// suppliers/supplier-layer.ts: some suppliers by each of their identifiers, and by their names. An index is two of these: one
// of nearly all suppliers, and a small one of those that changed since it was made.
import { registrableDomain } from './identifiers.ts';
import { NameIndex } from './name-index.ts';
import type { Supplier } from './supplier.ts';

export type SupplierTable =
  /** Supplier ids, merchant ids and descriptors, exactly. */
  | 'text'
  | 'merchantId'
  | 'descriptor'
  | 'host'
  /** The host behind `*.`. */
  | 'wildcard'
  | 'registrable'
  | 'taxId'
  | 'bankAccount'
  /** Whose `group_id` it is. */
  | 'parent';

export class SupplierLayer {
  readonly suppliers: ReadonlyMap<string, Supplier>;
  readonly hasWildcards: boolean;
  readonly #tables: Readonly<Record<SupplierTable, Map<string, Supplier | Supplier[]>>> = {
    text: new Map(),
    merchantId: new Map(),
    descriptor: new Map(),
    host: new Map(),
    wildcard: new Map(),
    registrable: new Map(),
    taxId: new Map(),
    bankAccount: new Map(),
    parent: new Map(),
  };
  readonly #flagged: readonly Supplier[];
  #names: NameIndex | null = null;
  #flaggedNames: NameIndex | null = null;

  constructor(suppliers: ReadonlyMap<string, Supplier>) {
    this.suppliers = suppliers;
    for (const supplier of suppliers.values()) this.#add(supplier);
    this.hasWildcards = this.#tables.wildcard.size > 0;
    this.#flagged = [...suppliers.values()].filter(isFlaggedSupplier);
  }

  find(table: SupplierTable, key: string): readonly Supplier[] {
    const found = this.#tables[table].get(key);
    if (found === undefined) return NOBODY;
    return Array.isArray(found) ? found : [found];
  }

  get names(): NameIndex {
    this.#names ??= new NameIndex(this.suppliers.values());
    return this.#names;
  }

  /** Makes `names` in slices, so that purchases are decided in between: of many suppliers it takes seconds. */
  async prepareNames(): Promise<void> {
    this.#names ??= await NameIndex.inSlices(this.suppliers.values());
  }

  /** Of those that nothing may be bought from; null: there are none. */
  get flaggedNames(): NameIndex | null {
    if (this.#flagged.length === 0) return null;
    this.#flaggedNames ??= new NameIndex(this.#flagged);
    return this.#flaggedNames;
  }

  #add(supplier: Supplier): void {
    const { supplierId, merchantIds, descriptors, domains, taxIds, bankAccounts, groupId } = supplier;
    this.#put('text', supplierId, supplier);
    for (const merchantId of merchantIds) {
      this.#put('text', merchantId, supplier);
      this.#put('merchantId', merchantId, supplier);
    }
    for (const descriptor of descriptors) {
      this.#put('text', descriptor, supplier);
      this.#put('descriptor', descriptor, supplier);
    }
    for (const taxId of taxIds) this.#put('taxId', taxId, supplier);
    for (const account of bankAccounts) this.#put('bankAccount', account, supplier);
    for (const domain of domains) {
      const host = hostOfDomain(domain);
      this.#put(domain === host ? 'host' : 'wildcard', host, supplier);
      const registrable = registrableDomain(host);
      if (registrable !== null) this.#put('registrable', registrable, supplier);
    }
    if (groupId !== null) this.#put('parent', groupId, supplier);
  }

  #put(table: SupplierTable, key: string, supplier: Supplier): void {
    const map = this.#tables[table];
    const listed = map.get(key);
    if (listed === undefined) map.set(key, supplier);
    else if (!Array.isArray(listed)) {
      if (listed !== supplier) map.set(key, [listed, supplier]);
    } else if (!listed.includes(supplier)) listed.push(supplier);
  }
}

const NOBODY: readonly Supplier[] = [];

export function isFlaggedSupplier({ standing, sanctions }: Supplier): boolean {
  return standing === 'prohibited' || standing === 'suspended' || sanctions?.flagged === true;
}

/** The host of a registered domain, which may be a wildcard. */
export function hostOfDomain(domain: string): string {
  return domain.startsWith('*.') ? domain.slice(2) : domain;
}

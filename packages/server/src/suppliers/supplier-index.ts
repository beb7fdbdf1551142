// suppliers/supplier-index.ts: the registry compiled for look-ups. Immutable but for its caches, which only save work.
// A change makes a new index that shares the former's large layer: a registry of 50,000 must not stop a gateway for half a
// second each time somebody edits one supplier.
// INVARIANT: an exact text or host finds suppliers of one group at most; the registry refuses others.
import type { NameHit } from './name-index.ts';
import { SupplierGroups } from './supplier-groups.ts';
import { SupplierLayer, type SupplierTable } from './supplier-layer.ts';
import type { Supplier } from './supplier.ts';

/** Changed suppliers beyond which the layers are made one again: few enough to be made in no time. */
const CHANGED_MAX = 500;

export class SupplierIndex {
  readonly suppliers: ReadonlyMap<string, Supplier>;
  /** Log entry of the newest change it has; 0: it is empty. */
  readonly revision: bigint;
  /** What is remembered of counterparties. Owned by supplier-identity.ts. */
  readonly identities = new Map<string, unknown>();
  readonly #base: SupplierLayer;
  /** Takes the place of what the base says of the same suppliers; null: nothing has changed. */
  readonly #changed: SupplierLayer | null;
  readonly #groups: SupplierGroups;

  constructor(
    suppliers: ReadonlyMap<string, Supplier>,
    revision: bigint,
    layers?: { readonly base: SupplierLayer; readonly changed: SupplierLayer },
  ) {
    this.suppliers = suppliers;
    this.revision = revision;
    this.#base = layers?.base ?? new SupplierLayer(suppliers);
    this.#changed = layers?.changed ?? null;
    this.#groups = new SupplierGroups(this);
  }

  /** A new index in which these have taken the place of what they were. */
  with(changed: readonly Supplier[], revision: bigint): SupplierIndex {
    const suppliers = new Map(this.suppliers);
    for (const supplier of changed) suppliers.set(supplier.supplierId, supplier);
    const all = new Map(this.#changed?.suppliers);
    for (const supplier of changed) all.set(supplier.supplierId, supplier);
    if (all.size > CHANGED_MAX) return new SupplierIndex(suppliers, revision);
    return new SupplierIndex(suppliers, revision, { base: this.#base, changed: new SupplierLayer(all) });
  }

  find(table: SupplierTable, key: string): readonly Supplier[] {
    const changed = this.#changed;
    const found = this.#base.find(table, key);
    if (changed === null) return found;
    const now = changed.find(table, key);
    if (found.length === 0) return now;
    const unchanged = found.filter(({ supplierId }) => !changed.suppliers.has(supplierId));
    return now.length === 0 ? unchanged : [...unchanged, ...now];
  }

  /** Suppliers that a host is registered for: itself, its name without `www.`, or a wildcard above it. */
  atHost(host: string): readonly Supplier[] {
    const exact = this.find('host', host);
    if (exact.length > 0) return exact;
    const bare = host.startsWith('www.') ? this.find('host', host.slice('www.'.length)) : exact;
    if (bare.length > 0 || !(this.#base.hasWildcards || this.#changed?.hasWildcards === true)) return bare;
    for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
      const found = this.find('wildcard', host.slice(dot + 1));
      if (found.length > 0) return found;
    }
    return bare;
  }

  /** The group a supplier belongs to, by its registered parents; null: it stands alone. */
  groupIdOf(supplier: Supplier): string | null {
    return this.#groups.groupIdOf(supplier);
  }

  /** One text for all suppliers that belong together: by their parents, or by one registrable domain. */
  groupKeyOf(supplier: Supplier): string {
    return `supplier:${this.#groups.representativeOf(supplier)}`;
  }

  areTogether(one: Supplier, other: Supplier): boolean {
    return one === other || this.#groups.representativeOf(one) === this.#groups.representativeOf(other);
  }

  /** Registered names that are like this one, the best first, one for each supplier. */
  findNames(name: string, limit: number): NameHit[] {
    const changed = this.#changed;
    const isCurrent = ({ supplierId }: Supplier): boolean => changed?.suppliers.has(supplierId) !== true;
    return best(
      [...this.#base.names.find(name, limit, isCurrent), ...(changed?.names.find(name, limit) ?? [])],
      limit,
    );
  }

  /** Call it first where it may be waited for: names of many suppliers take seconds to prepare. */
  async prepareNames(): Promise<void> {
    await this.#base.prepareNames();
    await this.#changed?.prepareNames();
  }

  /** As `findNames`, of those that nothing may be bought from. */
  findFlagged(name: string): NameHit | null {
    const changed = this.#changed;
    const isCurrent = ({ supplierId }: Supplier): boolean => changed?.suppliers.has(supplierId) !== true;
    const hits = [
      ...(this.#base.flaggedNames?.find(name, 1, isCurrent) ?? []),
      ...(changed?.flaggedNames?.find(name, 1) ?? []),
    ];
    return best(hits, 1)[0] ?? null;
  }
}

function best(hits: readonly NameHit[], limit: number): NameHit[] {
  return [...hits]
    .sort((a, b) => b.score - a.score || (a.supplier.supplierId < b.supplier.supplierId ? -1 : 1))
    .slice(0, limit);
}

export const EMPTY_SUPPLIER_INDEX = new SupplierIndex(new Map(), 0n);

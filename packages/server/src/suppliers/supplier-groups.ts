// suppliers/supplier-groups.ts: who belongs to whom: by registered parents, a `group_id` being another supplier's id or the name
// of a group, and by a registrable domain that several have a host of. Pure; worked out for a supplier when it is asked for.
import { registrableDomain } from './identifiers.ts';
import type { SupplierTable } from './supplier-layer.ts';
import { hostOfDomain } from './supplier-layer.ts';
import type { Supplier } from './supplier.ts';

interface Registry {
  readonly suppliers: ReadonlyMap<string, Supplier>;
  find(table: SupplierTable, key: string): readonly Supplier[];
}

export class SupplierGroups {
  readonly #registry: Registry;
  readonly #representatives = new Map<string, string>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  groupIdOf(supplier: Supplier): string | null {
    if (supplier.groupId !== null) return topOf(supplier, this.#registry.suppliers);
    return this.#registry.find('parent', supplier.supplierId).length > 0 ? supplier.supplierId : null;
  }

  /** The same for all that belong together: the least of their tops. */
  representativeOf(supplier: Supplier): string {
    const known = this.#representatives.get(supplier.supplierId);
    if (known !== undefined) return known;
    const together = new Set([supplier]);
    let least = topOf(supplier, this.#registry.suppliers);
    for (const member of together) {
      const top = topOf(member, this.#registry.suppliers);
      if (top < least) least = top;
      for (const relative of this.#relativesOf(member)) together.add(relative);
    }
    for (const { supplierId } of together) this.#representatives.set(supplierId, least);
    return least;
  }

  *#relativesOf({ supplierId, groupId, domains }: Supplier): Generator<Supplier> {
    const { suppliers } = this.#registry;
    yield* this.#registry.find('parent', supplierId);
    if (groupId !== null) {
      yield* this.#registry.find('parent', groupId);
      const parent = suppliers.get(groupId);
      if (parent !== undefined) yield parent;
    }
    for (const domain of domains) {
      const registrable = registrableDomain(hostOfDomain(domain));
      if (registrable !== null) yield* this.#registry.find('registrable', registrable);
    }
  }
}

/** The last parent of a chain. The registry refuses circles; one that is there all the same ends where it began. */
export function topOf(supplier: Supplier, suppliers: ReadonlyMap<string, Supplier>): string {
  const seen = new Set<string>();
  let top = supplier.supplierId;
  for (let next = supplier.groupId; next !== null; next = suppliers.get(top)?.groupId ?? null) {
    if (seen.has(top)) return [...seen].sort()[0] ?? top;
    seen.add(top);
    top = next;
  }
  return top;
}

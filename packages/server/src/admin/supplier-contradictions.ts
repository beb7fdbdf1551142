// admin/supplier-contradictions.ts: what no two suppliers may share, and what no supplier may be: one identifier on two that
// are not of one group, a circle of parents, an id that is another's identifier. Pure.
// INVARIANT: after it, an identifier points to the suppliers of one group at most.
import { topOf } from '../suppliers/supplier-groups.ts';
import type { SupplierIndex } from '../suppliers/supplier-index.ts';
import { type SupplierTable, hostOfDomain } from '../suppliers/supplier-layer.ts';
import type { Supplier } from '../suppliers/supplier.ts';
import type { AdminFault } from './admin-error.ts';

export interface SupplierFault extends AdminFault {
  readonly supplierId: string;
}

/** Faults of suppliers that are about to change, against each other and against all others. */
export function findContradictions(former: SupplierIndex, changed: readonly Supplier[]): SupplierFault[] {
  const after = former.with(changed, former.revision);
  const circles = changed.flatMap((supplier) => circleFault(after, supplier));
  if (circles.length > 0) return circles;
  const isRegrouped = changed.some(({ supplierId, groupId }) => {
    const before = former.suppliers.get(supplierId);
    return before !== undefined && before.groupId !== groupId;
  });
  // A supplier that leaves its group may have been what two others shared an identifier by.
  const suspects = isRegrouped ? [...after.suppliers.values()] : changed;
  return suspects.flatMap((supplier) => sharedFaults(after, supplier));
}

function sharedFaults(index: SupplierIndex, supplier: Supplier): SupplierFault[] {
  const { supplierId, merchantIds, descriptors, domains, taxIds, bankAccounts } = supplier;
  const { suppliers } = index;
  const faults: SupplierFault[] = [];
  const look = (pointer: string, what: string, table: SupplierTable, key: string): void => {
    // By registered parents alone: a common domain relates suppliers, it does not excuse a common tax id.
    const other = index
      .find(table, key)
      .find((one) => one !== supplier && topOf(one, suppliers) !== topOf(supplier, suppliers));
    if (other === undefined || faults.some((fault) => fault.pointer === pointer)) return;
    const message = `${what} is registered for \`${other.supplierId}\` too, and the two are not of one group`;
    faults.push({ supplierId, pointer, code: 'identifier_taken', message });
  };
  look('/supplier_id', `\`${supplierId}\``, 'text', supplierId);
  look('/supplier_id', `\`${supplierId}\``, 'host', supplierId.toLowerCase());
  merchantIds.forEach((id, at) => look(`/merchant_ids/${at}`, `\`${id}\``, 'text', id));
  descriptors.forEach((text, at) => look(`/descriptors/${at}`, `\`${text}\``, 'text', text));
  domains.forEach((domain, at) => {
    const host = hostOfDomain(domain);
    look(`/domains/${at}`, `\`${domain}\``, domain === host ? 'host' : 'wildcard', host);
    look(`/domains/${at}`, `\`${domain}\``, 'text', domain);
  });
  // Neither is quoted: what reaches logs should hold no bank account.
  taxIds.forEach((id, at) => look(`/tax_ids/${at}`, 'this tax id', 'taxId', id));
  bankAccounts.forEach((account, at) =>
    look(`/bank_accounts/${at}`, 'this bank account', 'bankAccount', account),
  );
  return faults;
}

function circleFault({ suppliers }: SupplierIndex, supplier: Supplier): SupplierFault[] {
  const path = [supplier.supplierId];
  for (let parent = supplier.groupId; parent !== null; parent = suppliers.get(parent)?.groupId ?? null) {
    const isClosed = path.includes(parent);
    path.push(parent);
    if (!isClosed) continue;
    const message = `the group leads back to itself: ${path.join(' -> ')}`;
    return [{ supplierId: supplier.supplierId, pointer: '/group_id', code: 'group_circle', message }];
  }
  return [];
}

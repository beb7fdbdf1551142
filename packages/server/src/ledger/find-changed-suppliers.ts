// ledger/find-changed-suppliers.ts: the newest version of each supplier that changed after an entry; after 0: all of them.
import type { Statement } from '../db/statement.ts';

export function findChangedSuppliers(after: bigint): Statement {
  return {
    name: 'find_changed_suppliers',
    text: `SELECT DISTINCT ON (supplier_id) supplier_id, version, document, salt, created_at, created_by, entry_id FROM supplier_version
           WHERE entry_id > $1 ORDER BY supplier_id, version DESC`,
    values: [after],
  };
}

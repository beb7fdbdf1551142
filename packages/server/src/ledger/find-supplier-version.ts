// ledger/find-supplier-version.ts: one version of a supplier, or its newest.
import type { Statement } from '../db/statement.ts';

export function findSupplierVersion({
  supplierId,
  version,
}: {
  readonly supplierId: string;
  readonly version: number | null;
}): Statement {
  return {
    name: 'find_supplier_version',
    text: `SELECT supplier_id, version, document, salt, created_at, created_by, entry_id FROM supplier_version
           WHERE supplier_id = $1 AND ($2::int IS NULL OR version = $2) ORDER BY version DESC LIMIT 1`,
    values: [supplierId, version],
  };
}

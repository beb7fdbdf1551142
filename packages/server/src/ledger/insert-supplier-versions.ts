// ledger/insert-supplier-versions.ts: stores versions of suppliers, for good. The newest of each is in force.
import type { Statement } from '../db/statement.ts';

export interface SupplierVersionRow {
  supplier_id: string;
  version: number;
  document: unknown;
  salt: Buffer;
  created_at: Date;
  created_by: string;
  entry_id: bigint;
}

export function insertSupplierVersions(rows: readonly SupplierVersionRow[]): Statement {
  return {
    name: 'insert_supplier_versions',
    text: `INSERT INTO supplier_version (supplier_id, version, document, salt, created_at, created_by, entry_id)
           SELECT * FROM unnest($1::text[], $2::int[], $3::json[], $4::bytea[], $5::timestamptz[], $6::text[], $7::bigint[])`,
    values: [
      rows.map((row) => row.supplier_id),
      rows.map((row) => row.version),
      rows.map((row) => JSON.stringify(row.document)),
      rows.map((row) => row.salt),
      rows.map((row) => row.created_at.toISOString()),
      rows.map((row) => row.created_by),
      rows.map((row) => row.entry_id),
    ],
  };
}

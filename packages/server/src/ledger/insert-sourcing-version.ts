// ledger/insert-sourcing-version.ts: stores a version of a sourcing policy, a tender or a framework agreement, for good.
import type { Statement } from '../db/statement.ts';

export type SourcingKind = 'policy' | 'tender' | 'framework';

export interface SourcingVersionRow {
  kind: SourcingKind;
  record_id: string;
  version: number;
  document: unknown;
  created_at: Date;
  created_by: string;
  entry_id: bigint;
}

export function insertSourcingVersion(row: SourcingVersionRow): Statement {
  return {
    name: 'insert_sourcing_version',
    text: `INSERT INTO sourcing_version (kind, record_id, version, document, created_at, created_by, entry_id)
           VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    values: [
      row.kind,
      row.record_id,
      row.version,
      JSON.stringify(row.document),
      row.created_at,
      row.created_by,
      row.entry_id,
    ],
  };
}

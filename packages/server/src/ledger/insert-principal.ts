// ledger/insert-principal.ts: adds a principal.
import type { Statement } from '../db/statement.ts';

export interface StoredPrincipalRow {
  principal_id: string;
  kind: 'human' | 'service';
  roles: string[];
  name: string;
  email: string | null;
  status: 'active' | 'disabled';
  created_at: Date;
  entry_id: bigint;
}

export function insertPrincipal(row: StoredPrincipalRow): Statement {
  return {
    name: 'insert_principal',
    text: `INSERT INTO principal (principal_id, kind, roles, name, email, status, created_at, entry_id)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    values: [
      row.principal_id,
      row.kind,
      row.roles,
      row.name,
      row.email,
      row.status,
      row.created_at,
      row.entry_id,
    ],
  };
}

// ledger/find-jurisdictions.ts: the newest version of the operator's regions.
import type { Statement } from '../db/statement.ts';

export interface JurisdictionsRow {
  version: number;
  document: unknown;
  created_at: Date;
  created_by: string;
  entry_id: bigint;
}

export function findJurisdictions(): Statement {
  return {
    name: 'find_jurisdictions',
    text: `SELECT version, document, created_at, created_by, entry_id FROM jurisdiction_version
           ORDER BY version DESC LIMIT 1`,
    values: [],
  };
}

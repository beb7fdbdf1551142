// ledger/insert-jurisdictions.ts: stores a version of the operator's regions, for good.
import type { Statement } from '../db/statement.ts';
import type { JurisdictionsRow } from './find-jurisdictions.ts';

export function insertJurisdictions(row: JurisdictionsRow): Statement {
  return {
    name: 'insert_jurisdictions',
    text: `INSERT INTO jurisdiction_version (version, document, created_at, created_by, entry_id)
           VALUES ($1, $2, $3, $4, $5)`,
    values: [row.version, JSON.stringify(row.document), row.created_at, row.created_by, row.entry_id],
  };
}

// ledger/insert-legal-entity.ts: adds a legal entity.
import type { Statement } from '../db/statement.ts';

export interface LegalEntityRow {
  entity_id: string;
  name: string;
  country: string | null;
  tax_id: string | null;
  base_currency: string;
  time_zone: string;
  is_default: boolean;
  created_at: Date;
}

export function insertLegalEntity(row: LegalEntityRow): Statement {
  return {
    name: 'insert_legal_entity',
    text: `INSERT INTO legal_entity (entity_id, name, country, tax_id, base_currency, time_zone, is_default, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    values: [
      row.entity_id,
      row.name,
      row.country,
      row.tax_id,
      row.base_currency,
      row.time_zone,
      row.is_default,
      row.created_at,
    ],
  };
}

// ledger/update-legal-entity.ts: replaces what may change of a legal entity.
import type { Statement } from '../db/statement.ts';

import type { LegalEntityRow } from './insert-legal-entity.ts';

export function updateLegalEntity(row: LegalEntityRow): Statement {
  return {
    name: 'update_legal_entity',
    text: `UPDATE legal_entity SET name = $2, country = $3, tax_id = $4, base_currency = $5, time_zone = $6
           WHERE entity_id = $1`,
    values: [row.entity_id, row.name, row.country, row.tax_id, row.base_currency, row.time_zone],
  };
}

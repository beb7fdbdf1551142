// ledger/find-legal-entity.ts: one legal entity.
import type { Statement } from '../db/statement.ts';

export function findLegalEntity(entityId: string): Statement {
  return {
    name: 'find_legal_entity',
    text: `SELECT entity_id, name, country, tax_id, base_currency, time_zone, is_default, created_at
           FROM legal_entity WHERE entity_id = $1`,
    values: [entityId],
  };
}

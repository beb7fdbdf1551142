// ledger/find-default-entity.ts: the legal entity of whoever has none named.
import type { Statement } from '../db/statement.ts';

export function findDefaultEntity(): Statement {
  return {
    name: 'find_default_entity',
    text: `SELECT entity_id, name, country, tax_id, base_currency, time_zone, is_default, created_at
           FROM legal_entity WHERE is_default`,
    values: [],
  };
}

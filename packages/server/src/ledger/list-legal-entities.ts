// ledger/list-legal-entities.ts: legal entities in the order of their ids.
import type { Statement } from '../db/statement.ts';

export function listLegalEntities({
  after,
  limit,
}: {
  readonly after: string;
  readonly limit: number;
}): Statement {
  return {
    name: 'list_legal_entities',
    text: `SELECT entity_id, name, country, tax_id, base_currency, time_zone, is_default, created_at
           FROM legal_entity WHERE entity_id > $1 ORDER BY entity_id LIMIT $2`,
    values: [after, limit],
  };
}

// ledger/list-cost-centers.ts: cost centres in the order of their ids.
import type { Statement } from '../db/statement.ts';

export function listCostCenters({
  after,
  limit,
}: {
  readonly after: string;
  readonly limit: number;
}): Statement {
  return {
    name: 'list_cost_centers',
    text: `SELECT cost_center_id, entity_id, parent_id, name, created_at
           FROM cost_center WHERE cost_center_id > $1 ORDER BY cost_center_id LIMIT $2`,
    values: [after, limit],
  };
}

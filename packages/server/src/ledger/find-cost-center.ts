// ledger/find-cost-center.ts: one cost centre.
import type { Statement } from '../db/statement.ts';

export function findCostCenter(costCenterId: string): Statement {
  return {
    name: 'find_cost_center',
    text: `SELECT cost_center_id, entity_id, parent_id, name, created_at FROM cost_center WHERE cost_center_id = $1`,
    values: [costCenterId],
  };
}

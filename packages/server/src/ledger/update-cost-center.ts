// ledger/update-cost-center.ts: replaces what may change of a cost centre.
import type { Statement } from '../db/statement.ts';

import type { CostCenterRow } from './insert-cost-center.ts';

export function updateCostCenter(row: CostCenterRow): Statement {
  return {
    name: 'update_cost_center',
    text: `UPDATE cost_center SET entity_id = $2, parent_id = $3, name = $4 WHERE cost_center_id = $1`,
    values: [row.cost_center_id, row.entity_id, row.parent_id, row.name],
  };
}

// ledger/insert-cost-center.ts: adds a cost centre to a legal entity.
import type { Statement } from '../db/statement.ts';

export interface CostCenterRow {
  cost_center_id: string;
  entity_id: string;
  parent_id: string | null;
  name: string;
  created_at: Date;
}

export function insertCostCenter(row: CostCenterRow): Statement {
  return {
    name: 'insert_cost_center',
    text: `INSERT INTO cost_center (cost_center_id, entity_id, parent_id, name, created_at) VALUES ($1, $2, $3, $4, $5)`,
    values: [row.cost_center_id, row.entity_id, row.parent_id, row.name, row.created_at],
  };
}

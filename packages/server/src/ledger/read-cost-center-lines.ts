// ledger/read-cost-center-lines.ts: where cost centres stand in their hierarchy: what is above each, and right below it.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface CostCenterLineRow {
  cost_center_id: string;
  /** Nearest first. */
  ancestors: string[];
  children: string[];
  /** Levels below it. */
  depth_below: number;
}

/** Ends also where the parents run in a circle, which publication refuses. */
export function readCostCenterLines(costCenterIds: readonly string[]): Statement {
  return {
    name: 'read_cost_center_lines',
    text: `WITH RECURSIVE above AS (
             SELECT wanted COLLATE "C" AS start_id, wanted COLLATE "C" AS id, 0 AS level FROM unnest($1::text[]) AS given (wanted)
             UNION ALL
             SELECT start_id, parent_id, level + 1 FROM above JOIN cost_center ON cost_center_id = above.id
             WHERE parent_id IS NOT NULL
           ) CYCLE id SET is_cycle USING above_path, below AS (
             SELECT wanted COLLATE "C" AS start_id, wanted COLLATE "C" AS id, 0 AS level FROM unnest($1::text[]) AS given (wanted)
             UNION ALL
             SELECT start_id, cost_center_id, level + 1 FROM below JOIN cost_center ON parent_id = below.id
           ) CYCLE id SET is_cycle USING below_path
           SELECT wanted AS cost_center_id,
             ARRAY(SELECT id FROM above WHERE start_id = wanted AND level > 0 AND NOT is_cycle ORDER BY level) AS ancestors,
             ARRAY(SELECT cost_center_id FROM cost_center WHERE parent_id = wanted ORDER BY cost_center_id) AS children,
             (SELECT max(level) FROM below WHERE start_id = wanted AND NOT is_cycle) AS depth_below
           FROM unnest($1::text[]) AS given (wanted)`,
    values: [binaryArray.text(costCenterIds)],
  };
}

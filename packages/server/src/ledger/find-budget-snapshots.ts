// ledger/find-budget-snapshots.ts: of each budget, the snapshot that came last, the last that can be relied on, and the
// last that disagreed with another of the same moment.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

import type { BudgetSnapshotRow } from './insert-budget-snapshot.ts';

export interface FoundBudgetSnapshotRow extends BudgetSnapshotRow {
  is_latest: boolean;
}

/** Up to three rows of a budget, each once; none where it has no snapshot. */
export function findBudgetSnapshots(budgetIds: readonly string[]): Statement {
  return {
    name: 'find_budget_snapshots',
    text: `SELECT snapshot.*, snapshot.snapshot_id = latest.snapshot_id AS is_latest
           FROM unnest($1::text[]) AS given (wanted)
           CROSS JOIN LATERAL (SELECT snapshot_id FROM budget_snapshot WHERE budget_id = wanted
                               ORDER BY snapshot_id DESC LIMIT 1) AS latest
           LEFT JOIN LATERAL (SELECT snapshot_id FROM budget_snapshot WHERE budget_id = wanted AND contradictions = '{}'
                              ORDER BY snapshot_id DESC LIMIT 1) AS reliable ON true
           LEFT JOIN LATERAL (SELECT snapshot_id FROM budget_snapshot
                              WHERE budget_id = wanted AND 'disagrees_at_the_same_moment' = ANY (contradictions)
                              ORDER BY snapshot_id DESC LIMIT 1) AS disputed ON true
           JOIN budget_snapshot AS snapshot
             ON snapshot.snapshot_id IN (latest.snapshot_id, reliable.snapshot_id, disputed.snapshot_id)`,
    values: [binaryArray.text(budgetIds)],
  };
}

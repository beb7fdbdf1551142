// ledger/read-allocations.ts: what other systems last said of the budgets of locked periods. Sent after the statement
// that locks the periods, or with them held: a snapshot is written under the lock of its budget's current period.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface AllocationRow {
  period_id: bigint;
  /** Of the newest snapshot of this period that can be relied on. */
  as_of: Date | null;
  /** Of the snapshot of the budget that came last. */
  contradictions: string[];
}

/** A row for each of the periods whose budget has any snapshot. */
export function readAllocations(periodIds: readonly bigint[]): Statement {
  return {
    name: 'read_allocations',
    text: `SELECT period_id, latest.contradictions,
             (SELECT as_of FROM budget_snapshot
              WHERE budget_snapshot.budget_id = budget_period.budget_id AND period_starts_at = starts_at
                AND budget_snapshot.contradictions = '{}'
              ORDER BY snapshot_id DESC LIMIT 1) AS as_of
           FROM budget_period
           CROSS JOIN LATERAL (SELECT contradictions FROM budget_snapshot
                               WHERE budget_snapshot.budget_id = budget_period.budget_id
                               ORDER BY snapshot_id DESC LIMIT 1) AS latest
           WHERE period_id = ANY ($1::int8[])`,
    values: [binaryArray.int8(periodIds)],
  };
}

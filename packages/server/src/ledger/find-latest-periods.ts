// ledger/find-latest-periods.ts: where the newest period of each budget ends, and when a budget without one was made.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface LatestPeriodRow {
  budget_id: string;
  budget_created_at: Date;
  /** null: it has none, or one that never ends. */
  ends_at: Date | null;
}

export function findLatestPeriods(budgetIds: readonly string[]): Statement {
  return {
    name: 'find_latest_periods',
    text: `SELECT budget_id, created_at AS budget_created_at,
             (SELECT ends_at FROM budget_period WHERE budget_period.budget_id = budget.budget_id
              ORDER BY starts_at DESC LIMIT 1) AS ends_at
           FROM budget WHERE budget_id = ANY ($1::text[])`,
    values: [binaryArray.text(budgetIds)],
  };
}

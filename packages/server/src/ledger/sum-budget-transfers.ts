// ledger/sum-budget-transfers.ts: what was moved into and out of budget periods, by kind.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface MovedRow {
  period_id: bigint;
  carried_in_minor: bigint;
  carried_out_minor: bigint;
  /** Into it less out of it. */
  transferred_minor: bigint;
}

/** A row for each of the periods. */
export function sumBudgetTransfers(periodIds: readonly bigint[]): Statement {
  return {
    name: 'sum_budget_transfers',
    text: `SELECT wanted AS period_id,
             coalesce((SELECT sum(amount_minor) FROM budget_transfer
                       WHERE to_period_id = wanted AND kind = 'carry_over'), 0)::int8 AS carried_in_minor,
             coalesce((SELECT sum(amount_minor) FROM budget_transfer
                       WHERE from_period_id = wanted AND kind = 'carry_over'), 0)::int8 AS carried_out_minor,
             (coalesce((SELECT sum(amount_minor) FROM budget_transfer
                        WHERE to_period_id = wanted AND kind = 'transfer'), 0)
              - coalesce((SELECT sum(amount_minor) FROM budget_transfer
                          WHERE from_period_id = wanted AND kind = 'transfer'), 0))::int8 AS transferred_minor
           FROM unnest($1::int8[]) AS given (wanted)`,
    values: [binaryArray.int8(periodIds)],
  };
}

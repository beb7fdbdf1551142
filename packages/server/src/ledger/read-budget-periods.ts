// ledger/read-budget-periods.ts: which budget a period belongs to and when it ends. Neither ever changes.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface ReadBudgetPeriodsRow {
  period_id: bigint;
  budget_id: string;
  ends_at: Date | null;
}

export function readBudgetPeriods(periodIds: readonly bigint[]): Statement {
  return {
    name: 'read_budget_periods',
    text: 'SELECT period_id, budget_id, ends_at FROM budget_period WHERE period_id = ANY ($1::int8[])',
    values: [binaryArray.int8(periodIds)],
  };
}

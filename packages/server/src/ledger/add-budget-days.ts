// ledger/add-budget-days.ts: adds the transfers of a range of leaves to the days of their budgets, and gives the budgets that
// changed. The day is that of the entry, in the budget's time zone. Limits that move are no use.
import type { Statement } from '../db/statement.ts';

export interface ChangedBudgetRow {
  budget_id: string;
}

/** `to` is exclusive. */
export function addBudgetDays({ from, to }: { readonly from: number; readonly to: number }): Statement {
  return {
    name: 'add_budget_days',
    // A canonical entry says its time as "at":"2026-11-18T10:00:00.000Z", and a quote inside a text is escaped: what is
    // found first is the time. Parsing each whole body as JSON costs several times as much.
    text: `WITH moved AS (
             SELECT budget.budget_id, budget.time_zone, transfer.amount_minor, from_account, to_account,
               convert_from(substring(body FROM position('\\x226174223a22'::bytea IN body) + 6 FOR 24), 'UTF8')::timestamptz AS at
             FROM log_leaf
               JOIN transfer USING (entry_id)
               JOIN budget_period USING (period_id)
               JOIN budget ON budget.budget_id = budget_period.budget_id
               JOIN log_entry ON log_entry.entry_id = log_leaf.entry_id
             WHERE leaf_index >= $1::int8 AND leaf_index < $2::int8
               AND from_account IN ('available', 'pending', 'committed', 'spent')
               AND to_account IN ('available', 'pending', 'committed', 'spent')
           ), added AS (
             INSERT INTO budget_day AS old (budget_id, day, used_minor, spent_minor)
             SELECT budget_id, (at AT TIME ZONE time_zone)::date,
               sum(CASE WHEN from_account = 'available' THEN amount_minor WHEN to_account = 'available' THEN -amount_minor ELSE 0 END),
               sum(CASE WHEN to_account = 'spent' THEN amount_minor WHEN from_account = 'spent' THEN -amount_minor ELSE 0 END)
             FROM moved GROUP BY 1, 2
             ON CONFLICT (budget_id, day) DO UPDATE SET
               used_minor = old.used_minor + excluded.used_minor, spent_minor = old.spent_minor + excluded.spent_minor
             RETURNING budget_id
           )
           SELECT DISTINCT budget_id FROM added ORDER BY budget_id`,
    values: [from, to],
  };
}

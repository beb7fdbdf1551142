// ledger/lock-budget-period.ts: locks one period of a budget, if it has come into being. After the configuration lock.
import type { Statement } from '../db/statement.ts';

export function lockBudgetPeriod({
  budgetId,
  startsAt,
}: {
  readonly budgetId: string;
  readonly startsAt: Date;
}): Statement {
  return {
    name: 'lock_budget_period',
    text: `SELECT period_id, budget_id, starts_at, ends_at, currency, limit_minor, pending_minor, committed_minor, spent_minor,
             overrun_minor
           FROM budget_period WHERE budget_id = $1 AND starts_at = $2 FOR NO KEY UPDATE`,
    values: [budgetId, startsAt],
  };
}

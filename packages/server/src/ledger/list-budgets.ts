// ledger/list-budgets.ts: budgets in the order of their ids, of one status where given.
import type { Statement } from '../db/statement.ts';

export function listBudgets({
  after,
  limit,
  status,
}: {
  readonly after: string;
  readonly limit: number;
  readonly status: string | null;
}): Statement {
  return {
    name: 'list_budgets',
    text: `SELECT budget_id, name, scope, period, starts_at, ends_at, currency, limit_minor, time_zone, owner,
             carry_over, allocation, status, created_at, entry_id
           FROM budget WHERE budget_id > $1 AND ($3::text IS NULL OR status = $3)
           ORDER BY budget_id LIMIT $2`,
    values: [after, limit, status],
  };
}

// ledger/count-active-operators.ts: how many principals could still configure.
import type { Statement } from '../db/statement.ts';

export function countActiveOperators(): Statement {
  return {
    name: 'count_active_operators',
    text: `SELECT count(*) AS operators FROM principal WHERE status = 'active' AND 'operator' = ANY (roles)`,
    values: [],
  };
}

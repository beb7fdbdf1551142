// ledger/audit-balance-rows.ts: every balance beside the sums of its transfers. For the auditor alone.
import type { Statement } from '../db/statement.ts';

export function auditBalanceRows(): Statement {
  return {
    name: 'audit_balance_rows',
    text: `SELECT p.period_id, p.limit_minor, p.pending_minor, p.committed_minor, p.spent_minor, p.overrun_minor,
             COALESCE(s.limit_minor, 0)::int8 AS limit_sum, COALESCE(s.pending_minor, 0)::int8 AS pending_sum,
             COALESCE(s.committed_minor, 0)::int8 AS committed_sum, COALESCE(s.spent_minor, 0)::int8 AS spent_sum,
             COALESCE(s.overrun_minor, 0)::int8 AS overrun_sum
           FROM budget_period AS p LEFT JOIN (
             SELECT period_id,
               sum(CASE WHEN from_account = 'external' AND to_account = 'available' THEN amount_minor
                        WHEN from_account = 'available' AND to_account = 'external' THEN -amount_minor END)
                 AS limit_minor,
               sum(CASE WHEN to_account = 'pending' THEN amount_minor
                        WHEN from_account = 'pending' THEN -amount_minor END) AS pending_minor,
               sum(CASE WHEN to_account = 'committed' THEN amount_minor
                        WHEN from_account = 'committed' THEN -amount_minor END) AS committed_minor,
               sum(CASE WHEN to_account = 'spent' THEN amount_minor
                        WHEN from_account = 'spent' THEN -amount_minor END) AS spent_minor,
               sum(CASE WHEN to_account = 'overrun' THEN amount_minor END) AS overrun_minor
             FROM transfer GROUP BY period_id) AS s USING (period_id)
           ORDER BY p.period_id`,
    values: [],
  };
}

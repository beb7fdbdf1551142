// ledger/audit-unopened-periods.ts: budget periods that no entry opened. For the auditor alone.
import type { Statement } from '../db/statement.ts';

export function auditUnopenedPeriods(): Statement {
  return {
    name: 'audit_unopened_periods',
    text: `SELECT period_id FROM budget_period WHERE NOT EXISTS (
             SELECT FROM log_entry WHERE subject_id = budget_id
               AND position(convert_to('"period_id":' || period_id || ',', 'UTF8') IN body) > 0
               AND position(convert_to('"type":"budget.period_opened"', 'UTF8') IN body) > 0)
           ORDER BY period_id`,
    values: [],
  };
}

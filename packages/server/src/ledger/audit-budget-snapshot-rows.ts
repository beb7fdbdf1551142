// ledger/audit-budget-snapshot-rows.ts: every snapshot of a budget with the entry that made it. For the auditor alone.
import { exactTime } from '../db/exact-time.ts';
import type { Statement } from '../db/statement.ts';

export function auditBudgetSnapshotRows(): Statement {
  return {
    name: 'audit_budget_snapshot_rows',
    text: `SELECT budget_snapshot.*, log_entry.subject_id AS entry_subject, log_entry.body AS entry_body, ${exactTime('created_at')} AS created,
             ${exactTime('as_of')} AS exact_as_of, ${exactTime('period_starts_at')} AS exact_period_starts_at
           FROM budget_snapshot LEFT JOIN log_entry USING (entry_id) ORDER BY snapshot_id`,
    values: [],
  };
}

// ledger/insert-budget-snapshot.ts: keeps what another system said of a budget. Nothing ever changes or removes it.
import type { Statement } from '../db/statement.ts';

export interface BudgetSnapshotRow {
  budget_id: string;
  period_starts_at: Date | null;
  source: string;
  currency: string;
  allocated_minor: bigint;
  committed_elsewhere_minor: bigint;
  actual_elsewhere_minor: bigint;
  as_of: Date;
  contradictions: string[];
  created_at: Date;
  entry_id: bigint;
}

export function insertBudgetSnapshot(row: BudgetSnapshotRow): Statement {
  return {
    name: 'insert_budget_snapshot',
    text: `INSERT INTO budget_snapshot (budget_id, period_starts_at, source, currency, allocated_minor,
             committed_elsewhere_minor, actual_elsewhere_minor, as_of, contradictions, created_at, entry_id)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    values: [
      row.budget_id,
      row.period_starts_at,
      row.source,
      row.currency,
      row.allocated_minor,
      row.committed_elsewhere_minor,
      row.actual_elsewhere_minor,
      row.as_of,
      row.contradictions,
      row.created_at,
      row.entry_id,
    ],
  };
}

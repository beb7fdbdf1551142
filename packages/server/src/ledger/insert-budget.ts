// ledger/insert-budget.ts: adds a budget; its periods come into being with their first use.
import type { Statement } from '../db/statement.ts';

export type StoredCarryOver =
  | { kind: 'unused' }
  | { kind: 'up_to_amount'; amount_minor: string }
  | { kind: 'up_to_percent'; percent: number };

export interface StoredBudgetRow {
  budget_id: string;
  name: string;
  scope: { type: string; id: string }[];
  period: 'day' | 'week' | 'month' | 'quarter' | 'year' | 'lifetime' | 'fixed';
  starts_at: Date | null;
  ends_at: Date | null;
  currency: string;
  limit_minor: bigint;
  time_zone: string;
  owner: string | null;
  carry_over: StoredCarryOver | null;
  /** null: the budget's own limit counts. */
  allocation: { freshness_seconds: number } | null;
  status: 'active' | 'closed';
  created_at: Date;
  entry_id: bigint;
}

export function insertBudget(row: StoredBudgetRow): Statement {
  return {
    name: 'insert_budget',
    text: `INSERT INTO budget (budget_id, name, scope, period, starts_at, ends_at, currency, limit_minor, time_zone, owner,
             carry_over, allocation, status, created_at, entry_id)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    values: [
      row.budget_id,
      row.name,
      JSON.stringify(row.scope),
      row.period,
      row.starts_at,
      row.ends_at,
      row.currency,
      row.limit_minor,
      row.time_zone,
      row.owner,
      row.carry_over === null ? null : JSON.stringify(row.carry_over),
      row.allocation === null ? null : JSON.stringify(row.allocation),
      row.status,
      row.created_at,
      row.entry_id,
    ],
  };
}

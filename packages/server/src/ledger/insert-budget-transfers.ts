// ledger/insert-budget-transfers.ts: keeps what was moved between budget periods. Nothing ever changes or removes it.
import type { Statement } from '../db/statement.ts';
import { rowStatement } from '../db/row-statement.ts';

export interface BudgetTransferRow {
  transfer_id: string;
  kind: 'transfer' | 'carry_over';
  from_budget_id: string;
  to_budget_id: string;
  from_period_id: bigint;
  to_period_id: bigint;
  currency: string;
  amount_minor: bigint;
  created_by: string;
  created_at: Date;
  entry_id: bigint;
}

const statement = rowStatement<BudgetTransferRow>({
  name: 'insert_budget_transfers',
  columns: [
    ['transfer_id', 'text', (row) => row.transfer_id],
    ['kind', 'text', (row) => row.kind],
    ['from_budget_id', 'text', (row) => row.from_budget_id],
    ['to_budget_id', 'text', (row) => row.to_budget_id],
    ['from_period_id', 'int8', (row) => row.from_period_id],
    ['to_period_id', 'int8', (row) => row.to_period_id],
    ['currency', 'text', (row) => row.currency],
    ['amount_minor', 'int8', (row) => row.amount_minor],
    ['created_by', 'text', (row) => row.created_by],
    ['created_at', 'timestamptz', (row) => row.created_at.getTime()],
    ['entry_id', 'int8', (row) => row.entry_id],
  ],
  text: (
    rows,
  ) => `INSERT INTO budget_transfer (transfer_id, kind, from_budget_id, to_budget_id, from_period_id, to_period_id,
             currency, amount_minor, created_by, created_at, entry_id)
           SELECT transfer_id, kind, from_budget_id, to_budget_id, from_period_id, to_period_id, currency, amount_minor,
             created_by, created_at, entry_id
           FROM ${rows}`,
});

export function insertBudgetTransfers(rows: readonly BudgetTransferRow[]): Statement {
  return statement(rows);
}

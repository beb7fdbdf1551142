// ledger/update-balances.ts: writes the balances that a batch leaves: one row version per period, however many transfers.
// Sent under the locks on those periods.
import type { Balance } from '@countersign/core';

import { rowStatement } from '../db/row-statement.ts';
import type { Statement } from '../db/statement.ts';

type UpdateBalancesRow = Balance & { readonly periodId: bigint };

const statement = rowStatement<UpdateBalancesRow>({
  name: 'update_balances',
  columns: [
    ['period_id', 'int8', (balance) => balance.periodId],
    ['limit_minor', 'int8', (balance) => balance.limitMinor],
    ['pending_minor', 'int8', (balance) => balance.pendingMinor],
    ['committed_minor', 'int8', (balance) => balance.committedMinor],
    ['spent_minor', 'int8', (balance) => balance.spentMinor],
    ['overrun_minor', 'int8', (balance) => balance.overrunMinor],
  ],
  text: (rows) => `UPDATE budget_period SET limit_minor = new.limit_minor, pending_minor = new.pending_minor,
             committed_minor = new.committed_minor, spent_minor = new.spent_minor, overrun_minor = new.overrun_minor
           FROM ${rows}
           WHERE budget_period.period_id = new.period_id`,
});

export function updateBalances(balances: readonly UpdateBalancesRow[]): Statement {
  return statement(balances);
}

// ledger/update-balances.ts: writes the balances that a batch leaves: one row version per period, however many transfers.
// Sent under the locks on those periods.
import type { Balance } from '@countersign/core';

import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export function updateBalances(balances: readonly (Balance & { readonly periodId: bigint })[]): Statement {
  return {
    name: 'update_balances',
    text: `UPDATE budget_period SET limit_minor = new.limit_minor, pending_minor = new.pending_minor,
             committed_minor = new.committed_minor, spent_minor = new.spent_minor, overrun_minor = new.overrun_minor
           FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::int8[])
             AS new (period_id, limit_minor, pending_minor, committed_minor, spent_minor, overrun_minor)
           WHERE budget_period.period_id = new.period_id`,
    values: [
      binaryArray.int8(balances.map((balance) => balance.periodId)),
      binaryArray.int8(balances.map((balance) => balance.limitMinor)),
      binaryArray.int8(balances.map((balance) => balance.pendingMinor)),
      binaryArray.int8(balances.map((balance) => balance.committedMinor)),
      binaryArray.int8(balances.map((balance) => balance.spentMinor)),
      binaryArray.int8(balances.map((balance) => balance.overrunMinor)),
    ],
  };
}

// ledger/post-transfers.ts: appends a batch's transfers and writes the balances they leave: one row version per period,
// however many transfers. Sent under the locks on those periods.
import type { Balance, Transfer } from '@countersign/core';

import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

/** `line` counts the transfers of one entry from 0. */
export function postTransfers(
  transfers: readonly (Transfer & { readonly entryId: bigint; readonly line: number })[],
  balances: readonly (Balance & { readonly periodId: bigint })[],
): Statement {
  return {
    name: 'post_transfers',
    text: `WITH posted AS (
             INSERT INTO transfer (entry_id, line, period_id, from_account, to_account, amount_minor)
             SELECT entry_id, line, period_id, from_account::account, to_account::account, amount_minor
             FROM unnest($1::int8[], $2::int2[], $3::int8[], $4::text[], $5::text[], $6::int8[])
               AS new (entry_id, line, period_id, from_account, to_account, amount_minor)
           )
           UPDATE budget_period SET limit_minor = new.limit_minor, pending_minor = new.pending_minor,
             committed_minor = new.committed_minor, spent_minor = new.spent_minor, overrun_minor = new.overrun_minor
           FROM unnest($7::int8[], $8::int8[], $9::int8[], $10::int8[], $11::int8[], $12::int8[])
             AS new (period_id, limit_minor, pending_minor, committed_minor, spent_minor, overrun_minor)
           WHERE budget_period.period_id = new.period_id`,
    values: [
      binaryArray.int8(transfers.map((transfer) => transfer.entryId)),
      binaryArray.int2(transfers.map((transfer) => transfer.line)),
      binaryArray.int8(transfers.map((transfer) => transfer.periodId)),
      binaryArray.text(transfers.map((transfer) => transfer.from)),
      binaryArray.text(transfers.map((transfer) => transfer.to)),
      binaryArray.int8(transfers.map((transfer) => transfer.amountMinor)),
      binaryArray.int8(balances.map((balance) => balance.periodId)),
      binaryArray.int8(balances.map((balance) => balance.limitMinor)),
      binaryArray.int8(balances.map((balance) => balance.pendingMinor)),
      binaryArray.int8(balances.map((balance) => balance.committedMinor)),
      binaryArray.int8(balances.map((balance) => balance.spentMinor)),
      binaryArray.int8(balances.map((balance) => balance.overrunMinor)),
    ],
  };
}

// ledger/insert-transfers.ts: appends transfers to the ledger. Nothing ever changes or removes one.
import type { Transfer } from '@countersign/core';

import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

/** `line` counts the transfers of one entry from 0. */
export function insertTransfers(
  transfers: readonly (Transfer & { readonly entryId: bigint; readonly line: number })[],
): Statement {
  return {
    name: 'insert_transfers',
    text: `INSERT INTO transfer (entry_id, line, period_id, from_account, to_account, amount_minor)
           SELECT entry_id, line, period_id, from_account::account, to_account::account, amount_minor
           FROM unnest($1::int8[], $2::int2[], $3::int8[], $4::text[], $5::text[], $6::int8[])
             AS new (entry_id, line, period_id, from_account, to_account, amount_minor)`,
    values: [
      binaryArray.int8(transfers.map((transfer) => transfer.entryId)),
      binaryArray.int2(transfers.map((transfer) => transfer.line)),
      binaryArray.int8(transfers.map((transfer) => transfer.periodId)),
      binaryArray.text(transfers.map((transfer) => transfer.from)),
      binaryArray.text(transfers.map((transfer) => transfer.to)),
      binaryArray.int8(transfers.map((transfer) => transfer.amountMinor)),
    ],
  };
}

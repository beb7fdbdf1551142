// ledger/insert-transfers.ts: appends transfers to the ledger. Nothing ever changes or removes one.
import type { Transfer } from '@countersign/core';

import { rowStatement } from '../db/row-statement.ts';
import type { Statement } from '../db/statement.ts';

/** `line` counts the transfers of one entry from 0. */
type InsertTransfersRow = Transfer & { readonly entryId: bigint; readonly line: number };

const statement = rowStatement<InsertTransfersRow>({
  name: 'insert_transfers',
  columns: [
    ['entry_id', 'int8', (transfer) => transfer.entryId],
    ['line', 'int2', (transfer) => transfer.line],
    ['period_id', 'int8', (transfer) => transfer.periodId],
    ['from_account', 'text', (transfer) => transfer.from],
    ['to_account', 'text', (transfer) => transfer.to],
    ['amount_minor', 'int8', (transfer) => transfer.amountMinor],
  ],
  text: (rows) => `INSERT INTO transfer (entry_id, line, period_id, from_account, to_account, amount_minor)
           SELECT entry_id, line, period_id, from_account::account, to_account::account, amount_minor
           FROM ${rows}`,
});

export function insertTransfers(transfers: readonly InsertTransfersRow[]): Statement {
  return statement(transfers);
}

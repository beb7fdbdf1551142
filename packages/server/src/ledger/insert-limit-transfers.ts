// ledger/insert-limit-transfers.ts: the transfers of one changed limit, numbered from 0 below their log entry.
import type { Transfer } from '@countersign/core';

import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export function insertLimitTransfers({ entryId, transfers }: { readonly entryId: bigint; readonly transfers: readonly Transfer[] }): Statement {
  return {
    name: 'insert_limit_transfers',
    text: `INSERT INTO transfer (entry_id, line, period_id, from_account, to_account, amount_minor)
           SELECT $1, line - 1, period_id, from_account::account, to_account::account, amount_minor
           FROM unnest($2::int8[], $3::text[], $4::text[], $5::int8[]) WITH ORDINALITY
             AS given (period_id, from_account, to_account, amount_minor, line)`,
    values: [entryId, binaryArray.int8(transfers.map((transfer) => transfer.periodId)), binaryArray.text(transfers.map((transfer) => transfer.from)), binaryArray.text(transfers.map((transfer) => transfer.to)), binaryArray.int8(transfers.map((transfer) => transfer.amountMinor))],
  };
}

// ledger/count-retained-purchases.ts: how many purchases are past a time, and of how many the text is still there.
import type { Statement } from '../db/statement.ts';

export interface RetainedCountRow {
  total: bigint;
  with_text: bigint;
}

export function countRetainedPurchases(before: string): Statement {
  return {
    name: 'count_retained_purchases',
    text: `SELECT count(*) AS total, count(private_text) AS with_text FROM purchase_request WHERE request_id < $1`,
    values: [before],
  };
}

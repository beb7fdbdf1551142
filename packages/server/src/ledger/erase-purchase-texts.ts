// ledger/erase-purchase-texts.ts: takes the free text of purchases, and its salts, away for good. What the log says stays.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export function erasePurchaseTexts(requestIds: readonly string[]): Statement {
  return {
    name: 'erase_purchase_texts',
    text: `WITH erased_notes AS (
             UPDATE note SET body = NULL, salt = '' WHERE request_id = ANY ($1::text[])
           )
           UPDATE purchase_request SET private_text = NULL WHERE request_id = ANY ($1::text[])`,
    values: [binaryArray.text(requestIds)],
  };
}

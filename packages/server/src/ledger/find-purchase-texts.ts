// ledger/find-purchase-texts.ts: what an event about a purchase says beyond its log entry: vendor, currency, free text.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface PurchaseTextRow {
  request_id: string;
  vendor: string;
  currency: string;
  amount_minor: bigint;
  /** NULL: erased. */
  private_text: unknown;
}

export function findPurchaseTexts(requestIds: readonly string[]): Statement {
  return {
    name: 'find_purchase_texts',
    text: `SELECT request_id, vendor, currency, amount_minor, private_text
           FROM purchase_request WHERE request_id = ANY ($1::text[])`,
    values: [binaryArray.text(requestIds)],
  };
}

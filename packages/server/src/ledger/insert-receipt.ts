// ledger/insert-receipt.ts: keeps a receipt's facts and how they compare with the purchase.
import type { Statement } from '../db/statement.ts';

export interface ReceiptRow {
  readonly receiptId: string;
  readonly requestId: string;
  readonly document: Readonly<Record<string, string | null>>;
  readonly flags: readonly string[];
  readonly createdAtMs: number;
  readonly entryId: bigint;
}

export function insertReceipt(row: ReceiptRow): Statement {
  return {
    name: 'insert_receipt',
    text: `INSERT INTO receipt (receipt_id, request_id, document, flags, created_at, entry_id)
           VALUES ($1, $2, $3::json, $4::text[], $5, $6::int8)`,
    values: [
      row.receiptId,
      row.requestId,
      JSON.stringify(row.document),
      [...row.flags],
      new Date(row.createdAtMs),
      row.entryId.toString(),
    ],
  };
}

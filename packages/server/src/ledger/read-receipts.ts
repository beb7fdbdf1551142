// ledger/read-receipts.ts: the receipts of a request, in the order they came.
import type { Statement } from '../db/statement.ts';

export interface ReceiptViewRow {
  receipt_id: string;
  request_id: string;
  /** json: {vendor, amount_minor, currency, sha256} */
  document: unknown;
  flags: string[];
  created_at: Date;
}

export function readReceipts(requestId: string): Statement {
  return {
    name: 'read_receipts',
    text: `SELECT receipt_id, request_id, document, flags, created_at FROM receipt
           WHERE request_id = $1 ORDER BY receipt_id LIMIT 1000`,
    values: [requestId],
  };
}

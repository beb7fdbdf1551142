// ledger/audit-purchase-rows.ts: every request with its entries. For the auditor alone.
import { entriesBeside } from '../db/entries-beside.ts';
import { exactTime } from '../db/exact-time.ts';
import type { Statement } from '../db/statement.ts';

export function auditPurchaseRows(): Statement {
  return {
    name: 'audit_purchase_rows',
    text: `SELECT purchase_request.*, ${exactTime('created_at')} AS created,
             ${exactTime('external_expires_at')} AS external_expires, ${entriesBeside('request_id')}
           FROM purchase_request ORDER BY request_id`,
    values: [],
  };
}

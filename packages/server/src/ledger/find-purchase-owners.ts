// ledger/find-purchase-owners.ts: of named purchases, what a legal hold may be about, and whether they have ended.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export function findPurchaseOwners(requestIds: readonly string[]): Statement {
  return {
    name: 'find_purchase_owners',
    text: `SELECT request_id, agent_id, vendor, created_at, status, checkout_status, private_text IS NOT NULL AS has_text
           FROM purchase_request WHERE request_id = ANY ($1::text[]) ORDER BY request_id`,
    values: [binaryArray.text(requestIds)],
  };
}

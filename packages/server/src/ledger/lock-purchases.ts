// ledger/lock-purchases.ts: locks requests and reads their state. Sent after the budget periods' locks.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface LockPurchasesRow {
  request_id: string;
  agent_id: string;
  status: string;
  checkout_status: string;
  reserved_periods: bigint[];
  reserved_minor: bigint;
  /** json: see gate/exchange-rows.ts */
  period_rates: unknown;
  settled_minor: bigint;
  approved_by: string | null;
  created_at: Date;
  external_expires_at: Date | null;
  decision_entry_id: bigint;
  private_text: unknown;
}

export function lockPurchases(requestIds: readonly string[]): Statement {
  return {
    name: 'lock_purchases',
    text: `SELECT request_id, agent_id, status, checkout_status, reserved_periods, reserved_minor, period_rates, settled_minor,
                  approved_by, created_at, external_expires_at, decision_entry_id, private_text
           FROM purchase_request WHERE request_id = ANY ($1::text[]) ORDER BY request_id FOR NO KEY UPDATE`,
    values: [binaryArray.text(requestIds)],
  };
}

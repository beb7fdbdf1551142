// ledger/update-purchases.ts: writes the state that transitions left on existing requests.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface PurchaseUpdate {
  readonly requestId: string;
  readonly status: string;
  readonly checkoutStatus: string;
  readonly reservedPeriods: readonly bigint[];
  readonly reservedMinor: bigint;
  readonly settledMinor: bigint;
  readonly approvedBy: string | null;
  readonly externalExpiresAtMs: number | null;
  readonly entryId: bigint;
}

export function updatePurchases(rows: readonly PurchaseUpdate[]): Statement {
  return {
    name: 'update_purchases',
    text: `UPDATE purchase_request SET status = new.status::purchase_status,
             checkout_status = new.checkout_status::checkout_status, reserved_periods = new.reserved_periods::int8[],
             reserved_minor = new.reserved_minor, settled_minor = new.settled_minor, approved_by = new.approved_by,
             external_expires_at = new.external_expires_at, last_entry_id = new.entry_id
           FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int8[], $6::int8[], $7::text[], $8::int8[],
             $9::timestamptz[])
             AS new (request_id, status, checkout_status, reserved_periods, reserved_minor, settled_minor, approved_by,
             entry_id, external_expires_at)
           WHERE purchase_request.request_id = new.request_id`,
    values: [
      binaryArray.text(rows.map((row) => row.requestId)),
      binaryArray.text(rows.map((row) => row.status)),
      binaryArray.text(rows.map((row) => row.checkoutStatus)),
      binaryArray.text(rows.map((row) => `{${row.reservedPeriods.join(',')}}`)),
      binaryArray.int8(rows.map((row) => row.reservedMinor)),
      binaryArray.int8(rows.map((row) => row.settledMinor)),
      binaryArray.text(rows.map((row) => row.approvedBy)),
      binaryArray.int8(rows.map((row) => row.entryId)),
      binaryArray.timestamptz(rows.map((row) => row.externalExpiresAtMs)),
    ],
  };
}

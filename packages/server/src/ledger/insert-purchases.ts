// ledger/insert-purchases.ts: stores newly decided requests, approved, held and denied alike.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface PurchaseRow {
  readonly requestId: string;
  readonly agentId: string;
  readonly fingerprint: bigint;
  readonly vendor: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly privateText: string;
  readonly createdAtMs: number;
  readonly externalExpiresAtMs: number | null;
  readonly entryId: bigint;
  readonly status: string;
  readonly checkoutStatus: string;
  readonly reservedPeriods: readonly bigint[];
  readonly reservedMinor: bigint;
  readonly approvedBy: string | null;
}

export function insertPurchases(rows: readonly PurchaseRow[]): Statement {
  return {
    name: 'insert_purchases',
    text: `INSERT INTO purchase_request (request_id, agent_id, fingerprint, vendor, currency, amount_minor, private_text,
             created_at, external_expires_at, decision_entry_id, status, checkout_status, reserved_periods,
             reserved_minor, approved_by, last_entry_id)
           SELECT request_id, agent_id, fingerprint, vendor, currency, amount_minor, private_text::json, created_at,
             external_expires_at, entry_id, status::purchase_status, checkout_status::checkout_status,
             reserved_periods::int8[], reserved_minor, approved_by, entry_id
           FROM unnest($1::text[], $2::text[], $3::int8[], $4::text[], $5::text[], $6::int8[], $7::text[],
             $8::timestamptz[], $9::timestamptz[], $10::int8[], $11::text[], $12::text[], $13::text[], $14::int8[],
             $15::text[])
             AS new (request_id, agent_id, fingerprint, vendor, currency, amount_minor, private_text, created_at,
             external_expires_at, entry_id, status, checkout_status, reserved_periods, reserved_minor, approved_by)`,
    values: [
      binaryArray.text(rows.map((row) => row.requestId)),
      binaryArray.text(rows.map((row) => row.agentId)),
      binaryArray.int8(rows.map((row) => row.fingerprint)),
      binaryArray.text(rows.map((row) => row.vendor)),
      binaryArray.text(rows.map((row) => row.currency)),
      binaryArray.int8(rows.map((row) => row.amountMinor)),
      binaryArray.text(rows.map((row) => row.privateText)),
      binaryArray.timestamptz(rows.map((row) => row.createdAtMs)),
      binaryArray.timestamptz(rows.map((row) => row.externalExpiresAtMs)),
      binaryArray.int8(rows.map((row) => row.entryId)),
      binaryArray.text(rows.map((row) => row.status)),
      binaryArray.text(rows.map((row) => row.checkoutStatus)),
      binaryArray.text(rows.map((row) => `{${row.reservedPeriods.join(',')}}`)),
      binaryArray.int8(rows.map((row) => row.reservedMinor)),
      binaryArray.text(rows.map((row) => row.approvedBy)),
    ],
  };
}

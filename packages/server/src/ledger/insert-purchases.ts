// ledger/insert-purchases.ts: stores newly decided requests, approved, held and denied alike.
import { rowStatement } from '../db/row-statement.ts';
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

const statement = rowStatement<PurchaseRow>({
  name: 'insert_purchases',
  columns: [
    ['request_id', 'text', (row) => row.requestId],
    ['agent_id', 'text', (row) => row.agentId],
    ['fingerprint', 'int8', (row) => row.fingerprint],
    ['vendor', 'text', (row) => row.vendor],
    ['currency', 'text', (row) => row.currency],
    ['amount_minor', 'int8', (row) => row.amountMinor],
    ['private_text', 'text', (row) => row.privateText],
    ['created_at', 'timestamptz', (row) => row.createdAtMs],
    ['external_expires_at', 'timestamptz', (row) => row.externalExpiresAtMs],
    ['entry_id', 'int8', (row) => row.entryId],
    ['status', 'text', (row) => row.status],
    ['checkout_status', 'text', (row) => row.checkoutStatus],
    ['reserved_periods', 'text', (row) => `{${row.reservedPeriods.join(',')}}`],
    ['reserved_minor', 'int8', (row) => row.reservedMinor],
    ['approved_by', 'text', (row) => row.approvedBy],
  ],
  text: (
    rows,
  ) => `INSERT INTO purchase_request (request_id, agent_id, fingerprint, vendor, currency, amount_minor, private_text,
             created_at, external_expires_at, decision_entry_id, status, checkout_status, reserved_periods,
             reserved_minor, approved_by, last_entry_id)
           SELECT request_id, agent_id, fingerprint, vendor, currency, amount_minor, private_text::json, created_at,
             external_expires_at, entry_id, status::purchase_status, checkout_status::checkout_status,
             reserved_periods::int8[], reserved_minor, approved_by, entry_id
           FROM ${rows}`,
});

export function insertPurchases(rows: readonly PurchaseRow[]): Statement {
  return statement(rows);
}

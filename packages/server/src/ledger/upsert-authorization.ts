// ledger/upsert-authorization.ts: stores what the network asked at the till and what was captured, reversed, refunded.
import type { AuthorizationState } from '@countersign/core';

import type { Statement } from '../db/statement.ts';

/** What the merchant asked for, where the card is billed in another currency. */
export interface MerchantAmountColumn {
  readonly amount_minor: string;
  readonly currency: string;
  readonly rate: string;
}

export function upsertAuthorization(
  row: AuthorizationState & {
    readonly cardId: string;
    readonly createdAtMs: number;
    readonly entryId: bigint;
  },
): Statement {
  return {
    name: 'upsert_authorization',
    text: `INSERT INTO card_authorization (authorization_id, card_id, approved, reason, amount_minor, currency, merchant_amount,
             merchant, forced, captured_minor, reversed_minor, refunded_minor, closed, created_at, entry_id, last_entry_id)
           VALUES ($1, $2, $3, $4, $5::int8, $6, $7::json, $8::json, $9, $10::int8, $11::int8, $12::int8, $13, $14, $15::int8,
             $15::int8)
           ON CONFLICT (authorization_id) DO UPDATE SET captured_minor = excluded.captured_minor,
             reversed_minor = excluded.reversed_minor, refunded_minor = excluded.refunded_minor,
             closed = excluded.closed, last_entry_id = excluded.last_entry_id`,
    values: [
      row.authorizationId,
      row.cardId,
      row.approved,
      row.reason,
      row.amountMinor.toString(),
      row.currency,
      merchantAmountText(row),
      JSON.stringify(row.merchant),
      row.forced,
      row.capturedMinor.toString(),
      row.reversedMinor.toString(),
      row.refundedMinor.toString(),
      row.closed,
      new Date(row.createdAtMs),
      row.entryId.toString(),
    ],
  };
}

function merchantAmountText({ merchantAmount }: AuthorizationState): string | null {
  if (merchantAmount === null) return null;
  const { amountMinor, currency, rate } = merchantAmount;
  const stored: MerchantAmountColumn = { amount_minor: amountMinor.toString(), currency, rate };
  return JSON.stringify(stored);
}

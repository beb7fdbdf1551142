// ledger/read-authorizations.ts: authorizations on cards of locked requests: the request's lock guards them.
import type { Statement } from '../db/statement.ts';
import type { MerchantAmountColumn } from './upsert-authorization.ts';

export interface ReadAuthorizationsRow {
  authorization_id: string;
  card_id: string;
  approved: boolean;
  reason: string;
  amount_minor: bigint;
  currency: string;
  merchant_amount: MerchantAmountColumn | null;
  merchant: unknown;
  forced: boolean;
  captured_minor: bigint;
  reversed_minor: bigint;
  refunded_minor: bigint;
  closed: boolean;
  created_at: Date;
}

export function readAuthorizations(cardIds: readonly string[]): Statement {
  return {
    name: 'read_authorizations',
    text: `SELECT authorization_id, card_id, approved, reason, amount_minor, currency, merchant_amount, merchant, forced,
                  captured_minor, reversed_minor, refunded_minor, closed, created_at
           FROM card_authorization WHERE card_id = ANY ($1::text[]) ORDER BY entry_id`,
    values: [[...cardIds]],
  };
}

// ledger/find-authorization.ts: one authorization and the card it was made on.
import type { Statement } from '../db/statement.ts';

export interface FoundAuthorizationRow {
  authorization_id: string;
  card_id: string;
  approved: boolean;
  amount_minor: bigint;
  currency: string;
  captured_minor: bigint;
  reversed_minor: bigint;
  refunded_minor: bigint;
}

export function findAuthorization(authorizationId: string): Statement {
  return {
    name: 'find_authorization',
    text: `SELECT authorization_id, card_id, approved, amount_minor, currency, captured_minor, reversed_minor, refunded_minor
           FROM card_authorization WHERE authorization_id = $1`,
    values: [authorizationId],
  };
}

// ledger/lock-cards.ts: locks cards and reads their state. Sent after the locks on their requests.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface LockCardsRow {
  card_id: string;
  rail: string;
  provider: string;
  status: string;
  last4: string;
  expires_at: Date;
}

export function lockCards(cardIds: readonly string[]): Statement {
  return {
    name: 'lock_cards',
    text: `SELECT card_id, rail, provider, status, last4, expires_at
           FROM card WHERE card_id = ANY ($1::text[]) ORDER BY card_id FOR NO KEY UPDATE`,
    values: [binaryArray.text(cardIds)],
  };
}

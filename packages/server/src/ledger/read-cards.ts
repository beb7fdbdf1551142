// ledger/read-cards.ts: the state of cards that the batch has locked. Sent after the locks.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface ReadCardsRow {
  card_id: string;
  rail: string;
  provider: string;
  status: string;
  last4: string;
  expires_at: Date;
}

export function readCards(cardIds: readonly string[]): Statement {
  return {
    name: 'read_cards',
    text: `SELECT card_id, rail, provider, status, last4, expires_at
           FROM card WHERE card_id = ANY ($1::text[])`,
    values: [binaryArray.text(cardIds)],
  };
}

// ledger/upsert-cards.ts: stores issued cards and what became of them. Never a card number: it is derived on reveal.
import type { CardState } from '@countersign/core';

import { rowStatement } from '../db/row-statement.ts';
import type { Statement } from '../db/statement.ts';

export type UpsertCardsRow = CardState & { readonly entryId: bigint };

const statement = rowStatement<UpsertCardsRow>({
  name: 'upsert_cards',
  columns: [
    ['card_id', 'text', (card) => card.cardId],
    ['rail', 'text', (card) => card.rail],
    ['provider', 'text', (card) => card.provider],
    ['status', 'text', (card) => card.status],
    ['last4', 'text', (card) => card.last4],
    ['expires_at', 'timestamptz', (card) => card.expiresAtMs],
    ['entry_id', 'int8', (card) => card.entryId],
  ],
  text: (
    rows,
  ) => `INSERT INTO card (card_id, rail, provider, status, last4, expires_at, entry_id, last_entry_id)
           SELECT card_id, rail, provider, status::card_status, last4, expires_at, entry_id, entry_id
           FROM ${rows}
           ON CONFLICT (card_id) DO UPDATE SET status = excluded.status, expires_at = excluded.expires_at,
             last_entry_id = excluded.last_entry_id`,
});

export function upsertCards(cards: readonly UpsertCardsRow[]): Statement {
  return statement(cards);
}

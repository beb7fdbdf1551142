// ledger/upsert-cards.ts: stores issued cards and what became of them. Never a card number: it is derived on reveal.
import type { CardState } from '@countersign/core';

import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export type UpsertCardsRow = CardState & { readonly entryId: bigint };

export function upsertCards(cards: readonly UpsertCardsRow[]): Statement {
  return {
    name: 'upsert_cards',
    text: `INSERT INTO card (card_id, rail, provider, status, last4, expires_at, entry_id, last_entry_id)
           SELECT card_id, rail, provider, status::card_status, last4, expires_at, entry_id, entry_id
           FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::int8[])
             AS new (card_id, rail, provider, status, last4, expires_at, entry_id)
           ON CONFLICT (card_id) DO UPDATE SET status = excluded.status, expires_at = excluded.expires_at,
             last_entry_id = excluded.last_entry_id`,
    values: valuesOf(cards),
  };
}

function valuesOf(cards: readonly UpsertCardsRow[]): unknown[] {
  return [
    binaryArray.text(cards.map((card) => card.cardId)),
    binaryArray.text(cards.map((card) => card.rail)),
    binaryArray.text(cards.map((card) => card.provider)),
    binaryArray.text(cards.map((card) => card.status)),
    binaryArray.text(cards.map((card) => card.last4)),
    binaryArray.timestamptz(cards.map((card) => card.expiresAtMs)),
    binaryArray.int8(cards.map((card) => card.entryId)),
  ];
}

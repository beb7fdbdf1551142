// ledger/read-card-view.ts: one card with what it is locked to and what was charged to it. No number: none is stored.
import type { Statement } from '../db/statement.ts';

export interface CardViewRow {
  card_id: string;
  request_id: string;
  agent_id: string;
  rail: string;
  provider: string;
  status: string;
  last4: string;
  vendor: string;
  amount_minor: bigint;
  currency: string;
  expires_at: Date;
}

export function readCardView(cardId: string, requestId: string): Statement {
  return {
    name: 'read_card_view',
    text: `SELECT card.card_id, request.request_id, request.agent_id, card.rail, card.provider, card.status::text,
             card.last4, request.vendor, request.amount_minor, request.currency, card.expires_at
           FROM card JOIN purchase_request AS request ON request.request_id = $2
           WHERE card.card_id = $1`,
    values: [cardId, requestId],
  };
}

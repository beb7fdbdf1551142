// purchase/reveal-card.ts: the one moment a card's number may be read: by its owner, until the first authorization.
import { type PurchaseState, type Transition, refused } from './state.ts';

export function revealCard(
  state: PurchaseState,
  command: { readonly agentId: string },
  nowMs: number,
): Transition {
  const card = state.card;
  if (card === null || state.action.agentId !== command.agentId) {
    return refused('card_not_found', 'There is no such card.');
  }
  if (state.authorizations.some((authorization) => authorization.approved)) {
    return refused('card_already_used', 'A card can be revealed until its first authorization only.');
  }
  if (card.status !== 'active' || nowMs >= card.expiresAtMs) {
    return refused('card_not_active', `This card is ${card.status === 'active' ? 'expired' : card.status}.`);
  }
  return {
    ok: true,
    state,
    events: [{ type: 'card.revealed', transfers: [], findings: null, detail: { card_id: card.cardId } }],
  };
}

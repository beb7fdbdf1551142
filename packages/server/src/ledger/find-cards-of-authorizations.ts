// ledger/find-cards-of-authorizations.ts: which card an authorization is on. Never changes.
import type { Statement } from '../db/statement.ts';

export function findCardsOfAuthorizations(authorizationIds: readonly string[]): Statement {
  return {
    name: 'find_cards_of_authorizations',
    text: 'SELECT authorization_id AS id, card_id FROM card_authorization WHERE authorization_id = ANY ($1::text[])',
    values: [[...authorizationIds]],
  };
}

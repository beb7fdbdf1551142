// ids.ts: prefixed, time-ordered ids (TypeID: a UUIDv7 in Crockford base 32). Randomness enters here and nowhere else.
import { typeidUnboxed } from 'typeid-js';

export type IdPrefix = 'preq' | 'apr' | 'card' | 'auth' | 'chk' | 'rcpt' | 'key' | 'whe' | 'msg' | 'gw' | 'bud' | 'inst';

export function newId(prefix: IdPrefix): string {
  return typeidUnboxed(prefix);
}

/** A request's card has the request's id with another prefix: one card per request, by its primary key. */
export function cardIdOf(requestId: string): string {
  return `card${requestId.slice(requestId.indexOf('_'))}`;
}

export function requestIdOfCard(cardId: string): string {
  return `preq${cardId.slice(cardId.indexOf('_'))}`;
}

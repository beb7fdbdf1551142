// ids.ts: prefixed, time-ordered ids (TypeID: a UUIDv7 in Crockford base 32). Randomness enters here and nowhere else.
import { fromUUID, typeidUnboxed } from 'typeid-js';
import { randomFillSync } from 'node:crypto';

export type IdPrefix =
  | 'preq'
  | 'auth'
  | 'chk'
  | 'rcpt'
  | 'key'
  | 'whe'
  | 'wvr'
  | 'msg'
  | 'gw'
  | 'bud'
  | 'btr'
  | 'inst'
  | 'chg'
  | 'hold'
  | 'ers'
  | 'alrt'
  | 'dlg'
  | 'rev'
  | 'exr';

export function newId(prefix: IdPrefix): string {
  return typeidUnboxed(prefix);
}

/** Below every id of this prefix that was made at this time or later, above every earlier one. */
export function firstIdAt(prefix: IdPrefix, ms: number): string {
  const time = Math.trunc(ms).toString(16).padStart(12, '0');
  return fromUUID(`${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`, prefix).toString();
}

/** A request's card has the request's id with another prefix: one card per request, by its primary key. */
export function cardIdOf(requestId: string): string {
  return `card${requestId.slice(requestId.indexOf('_'))}`;
}

/** A request has one approval at most, however many signatures that takes. */
export function approvalIdOf(requestId: string): string {
  return `apr${requestId.slice(requestId.indexOf('_'))}`;
}

export function requestIdOfCard(cardId: string): string {
  return `preq${cardId.slice(cardId.indexOf('_'))}`;
}

const SALT_BYTES = 16;
const SALTS_AT_ONCE = 512;
// Owned by newSalt: asking the system for each salt alone costs more than everything else about it.
let pool = Buffer.alloc(0);
let used = 0;

/** 16 random bytes for one commitment (see the audit package). */
export function newSalt(): Buffer {
  if (used >= pool.length) {
    pool = randomFillSync(Buffer.alloc(SALT_BYTES * SALTS_AT_ONCE));
    used = 0;
  }
  used += SALT_BYTES;
  return pool.subarray(used - SALT_BYTES, used);
}

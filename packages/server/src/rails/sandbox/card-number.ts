// rails/sandbox/card-number.ts: the sandbox network's card numbers. Derived from a key and the card's id when they are
// revealed and stored nowhere, so no table, log or backup can leak one.
import { hash } from 'node:crypto';

export interface CardNumber {
  /** 16 digits with a valid Luhn check digit, in a test range. */
  readonly pan: string;
  readonly cvc: string;
}

/** First digits of every sandbox card: a test range, not a bank's. */
const ISSUER_PREFIX = '400000';
const ACCOUNT_DIGITS = 9;
const ACCOUNTS = 10n ** BigInt(ACCOUNT_DIGITS);

export function cardNumberOf(cardId: string, key: Buffer): CardNumber {
  // Keyed by its first 32 bytes; less than half of the digest ever leaves, so nothing can be appended to it.
  const keyed = Buffer.allocUnsafe(key.length + Buffer.byteLength(cardId));
  key.copy(keyed);
  keyed.write(cardId, key.length);
  const digest = hash('sha256', keyed, 'buffer');
  const account = (digest.readBigUInt64BE(0) % ACCOUNTS).toString().padStart(ACCOUNT_DIGITS, '0');
  const cvc = (digest.readUInt32BE(8) % 1000).toString().padStart(3, '0');
  const partial = ISSUER_PREFIX + account;
  return { pan: partial + luhnDigit(partial), cvc };
}

/** ISO/IEC 7812-1 annex B. */
export function luhnDigit(partial: string): string {
  let sum = 0;
  for (let index = 0; index < partial.length; index += 1) {
    const digit = partial.charCodeAt(partial.length - 1 - index) - 48; // from '0'
    const doubled = index % 2 === 0 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return String((10 - (sum % 10)) % 10);
}

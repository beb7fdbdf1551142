// admin/api-key.ts: the text of an API key: `ck_<holder>_<32 random characters><6 of checksum>`, base 62.
// The checksum tells a mistyped key from an unknown one without asking the database; it keeps nothing secret.
// Must not store, log or compare keys.
import { hash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

export type KeyHolderKind = 'agent' | 'op' | 'appr' | 'own' | 'aud';

export type ParsedApiKey =
  | { readonly ok: true; readonly kind: KeyHolderKind }
  | {
      readonly ok: false;
      /** `not_generated`: no key of this form, though it may still be a bootstrap key, which is taken as given. */
      readonly reason: 'not_generated' | 'checksum_mismatch';
    };

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 190 bits: more than 128 stay unknown to whoever sees the hint. */
const RANDOM_LENGTH = 32;
const CHECKSUM_LENGTH = 6;
const FORM = /^ck_(agent|op|appr|own|aud)_([0-9A-Za-z]{38})$/;

export function generateApiKey(kind: KeyHolderKind): string {
  const random = Array.from({ length: RANDOM_LENGTH }, () =>
    ALPHABET.charAt(randomInt(ALPHABET.length)),
  ).join('');
  const start = `ck_${kind}_${random}`;
  return start + checksumOf(start);
}

export function parseApiKey(text: string): ParsedApiKey {
  const match = FORM.exec(text);
  if (match === null) return { ok: false, reason: 'not_generated' };
  const start = text.slice(0, -CHECKSUM_LENGTH);
  if (checksumOf(start) !== text.slice(-CHECKSUM_LENGTH)) return { ok: false, reason: 'checksum_mismatch' };
  return { ok: true, kind: match[1] as KeyHolderKind }; // the alternatives of FORM are those of the type
}

/** SHA-256 of the whole text: what is stored and looked up. */
export function hashApiKey(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

/** The same in hex: what the compiled configuration finds a key's holder by. */
export function hexHashOfApiKey(text: string): string {
  return hash('sha256', text, 'hex');
}

/** What people tell keys apart by: the first four random characters and the last four of the checksum. */
export function hintOf(apiKey: string): string {
  const kept = apiKey.indexOf('_', 3) + 5;
  return `${apiKey.slice(0, kept)}...${apiKey.slice(-4)}`;
}

/** CRC-32 (ISO 3309) of everything before it, in base 62. */
function checksumOf(start: string): string {
  let rest = crc32(start);
  let digits = '';
  for (let index = 0; index < CHECKSUM_LENGTH; index += 1) {
    digits = ALPHABET.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** What the log says of a key: SHA-256 of its stored hash, hex. A hash that was put in its place shows. */
export function keyDigest(apiKey: string): string {
  return hash('sha256', hashApiKey(apiKey), 'hex');
}

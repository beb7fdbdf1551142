// Strict decoders for text that is signed or hashed: exactly one spelling of each value is
// accepted, so two different texts can never stand for the same bytes.
import { MalformedError } from './malformed.ts';

const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;

/** Decodes padded standard base64 (RFC 4648 section 4); refuses any other spelling. */
export function decodeBase64(text: string, what: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new MalformedError(`${what} is not canonical base64`);
  return bytes;
}

/** Decodes the base64 of exactly `length` bytes. */
export function decodeBase64Exact(text: string, length: number, what: string): Buffer {
  const bytes = decodeBase64(text, what);
  if (bytes.length !== length) {
    throw new MalformedError(`${what} has ${bytes.length} bytes instead of ${length}`);
  }
  return bytes;
}

/** Parses an ASCII decimal without sign, leading zero or exponent, up to 2^53 - 1. */
export function parseDecimal(text: string, what: string): number {
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new MalformedError(`${what} is not a decimal number`);
  return value;
}

/** Decodes UTF-8, keeping a byte order mark and refusing malformed sequences. */
export function decodeUtf8(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new MalformedError(`${what} is not valid UTF-8`, { cause });
  }
}

/** Byte equality; values compared here are public, so it need not be constant-time. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

/** True where the string holds half of a surrogate pair and so has no UTF-8 form. */
export function hasLoneSurrogate(text: string): boolean {
  return SURROGATE_HALF.test(text) && LONE_SURROGATE.test(text);
}

// The first pattern is the cheap one: nearly every string has no surrogate at all.
const SURROGATE_HALF = /[\ud800-\udfff]/;
const LONE_SURROGATE = /\p{Cs}/u;

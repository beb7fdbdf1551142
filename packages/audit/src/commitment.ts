// Salted commitments: what enters the log in place of free text, names and addresses, so that the
// text (and its salt) can be erased while the log stays whole. Must not keep either.
import { hash } from 'node:crypto';

import { hasLoneSurrogate } from './strict-encoding.ts';

export const COMMITMENT_SALT_BYTES = 16;
const DOMAIN = Buffer.from('countersign/text/v1\0');

/** base64url SHA-256 of (`countersign/text/v1` || 0x00 || salt || UTF-8 text). The salt is random, one per text. */
export function commit(text: string, salt: Uint8Array): string {
  if (salt.length !== COMMITMENT_SALT_BYTES) throw new RangeError('a commitment salt has 16 bytes');
  // UTF-8 would turn every lone surrogate into the same character, and two texts into one commitment.
  if (hasLoneSurrogate(text)) throw new RangeError('a lone surrogate is not text');
  const head = DOMAIN.length + COMMITMENT_SALT_BYTES;
  const input = Buffer.allocUnsafe(head + Buffer.byteLength(text));
  input.set(DOMAIN);
  input.set(salt, DOMAIN.length);
  input.write(text, head);
  return hash('sha256', input, 'base64url');
}

/** True if the commitment is of exactly this text under this salt. */
export function verifyCommitment(commitment: string, text: string, salt: Uint8Array): boolean {
  return (
    salt.length === COMMITMENT_SALT_BYTES && !hasLoneSurrogate(text) && commit(text, salt) === commitment
  );
}

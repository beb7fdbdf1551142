// SHA-256 in one call: for the short inputs of a tree the object of a streaming hash costs more than the hashing.
import { hash } from 'node:crypto';

export function sha256(bytes: Uint8Array | string): Buffer {
  return hash('sha256', bytes, 'buffer');
}

// SHA-256 in one call: for the short inputs of a tree the object of a streaming hash costs more than the hashing.
import { hash } from 'node:crypto';

/** By way of a string: a buffer made by the runtime has memory of its own, which costs twice as much as all the rest. */
export function sha256(bytes: Uint8Array | string): Buffer {
  return Buffer.from(hash('sha256', bytes, 'binary'), 'binary');
}

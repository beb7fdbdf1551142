// record/event-type-code.ts: 32 bits of an event type's hash, kept with each leaf (in bytes that alignment would waste),
// so that the events of a type are found without reading bodies. Types may collide: whoever reads the body compares.
import { createHash } from 'node:crypto';

// Owned by this module: there are a few dozen types, all of them from the code.
const codes = new Map<string, number>();

/** The first four bytes of SHA-256 of the type, as a signed big-endian integer (PostgreSQL's int4). */
export function eventTypeCode(type: string): number {
  const known = codes.get(type);
  if (known !== undefined) return known;
  const code = createHash('sha256').update(type).digest().readInt32BE(0);
  codes.set(type, code);
  return code;
}

// ledger/lock-idempotency-keys.ts: locks keys of steps, whether somebody has them or not: a step may be refused, and then
// its key must stay free, so it is stored with what the step wrote and not before.
import { createHash } from 'node:crypto';

import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';
import type { IdempotencyKey } from './claim-idempotency-keys.ts';

// Two-key form, like the configuration's lock: apart from the one-key locks of duplicate keys.
const SPACE = 4118;

/** In one order for every writer. Two keys with the same 32 bits only wait for each other. */
export function lockIdempotencyKeys(keys: readonly IdempotencyKey[]): Statement {
  const hashes = [...new Set(keys.map(hashOf))].sort((a, b) => a - b);
  return {
    name: 'lock_idempotency_keys',
    text: `SELECT pg_advisory_xact_lock(${SPACE}, hash) FROM unnest($1::int4[]) AS hash`,
    values: [binaryArray.int4(hashes)],
  };
}

function hashOf({ scope, operation, key }: IdempotencyKey): number {
  return createHash('sha256').update(`${scope}\0${operation}\0${key}`).digest().readInt32BE(0);
}

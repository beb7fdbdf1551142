// ledger/lock-keys.ts: the first locks of a batch: the configuration, shared, then its idempotency keys, then its groups of
// near purchases, then its duplicate keys. Advisory, because a key that nobody has used, and "no such action was accepted before", have no row to lock.
import { CONFIGURATION_LOCK, IDEMPOTENCY_LOCK_SPACE } from '../db/advisory-locks.ts';
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

const CONFIGURATION = 0;
const IDEMPOTENCY = 1;
const RELATED = 2;
const DUPLICATE = 3;

/**
 * Taken in ascending order, as every writer takes them. Of an idempotency key 32 bits are locked: two keys that have the
 * same only wait for each other.
 */
export function lockKeys({
  keyHashes,
  groupKeys,
  fingerprints,
}: {
  readonly keyHashes: readonly string[];
  /** As PostgreSQL writes a uuid; 64 bits of each are locked. */
  readonly groupKeys: readonly string[];
  readonly fingerprints: readonly bigint[];
}): Statement {
  const idempotency = [...new Set(keyHashes.map(firstBits))].sort(ascending);
  const related = [...new Set(groupKeys.map(leadingBits))].sort(ascending);
  const duplicate = [...new Set(fingerprints)].sort(ascending);
  return {
    name: 'lock_keys',
    text: `SELECT count(CASE kind WHEN ${CONFIGURATION} THEN pg_advisory_xact_lock_shared(${CONFIGURATION_LOCK})
                    WHEN ${IDEMPOTENCY} THEN pg_advisory_xact_lock(${IDEMPOTENCY_LOCK_SPACE}, key::int4)
                    ELSE pg_advisory_xact_lock(key) END)
           FROM unnest($1::int2[], $2::int8[]) AS lock (kind, key)`,
    values: [
      binaryArray.int2([
        CONFIGURATION,
        ...idempotency.map(() => IDEMPOTENCY),
        ...related.map(() => RELATED),
        ...duplicate.map(() => DUPLICATE),
      ]),
      binaryArray.int8([0n, ...idempotency, ...related, ...duplicate]),
    ],
  };
}

function firstBits(keyHash: string): bigint {
  return BigInt(Number.parseInt(keyHash.slice(0, 8), 16) | 0);
}

function leadingBits(groupKey: string): bigint {
  return BigInt.asIntN(
    64,
    BigInt(`0x${groupKey.slice(0, 8)}${groupKey.slice(9, 13)}${groupKey.slice(14, 18)}`),
  );
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : 1;
}

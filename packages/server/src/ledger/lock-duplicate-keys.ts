// ledger/lock-duplicate-keys.ts: guards "no such action was accepted before": locked even when there is none.
// Advisory locks, because absence has no row; in ascending order, because every writer takes them so.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

/** `fingerprints` ascending and without repetition. */
export function lockDuplicateKeys(fingerprints: readonly bigint[]): Statement {
  return {
    name: 'lock_duplicate_keys',
    text: 'SELECT pg_advisory_xact_lock(fingerprint) FROM unnest($1::int8[]) AS fingerprint',
    values: [binaryArray.int8(fingerprints)],
  };
}

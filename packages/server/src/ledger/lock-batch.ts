// ledger/lock-batch.ts: takes every lock of a batch in the one lock order and reads the facts they guard, in one call: the
// database's function `lock_batch`, so that a batch waits for one answer and not for a dozen.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';
import { type IdempotencyClaim, type IdempotencyKey, idempotencyHash } from './idempotency-key.ts';

export interface BatchLocks {
  /** Keys for new resources; sorted by scope, operation and key, each once. */
  readonly claims: readonly IdempotencyClaim[];
  readonly claimedAtMs: number;
  /** Locked whether somebody has them or not: a step may be refused, and then its key must stay free. */
  readonly stepKeys: readonly IdempotencyKey[];
  /** Ascending and without repetition. */
  readonly fingerprints: readonly bigint[];
  readonly periodIds: readonly bigint[];
  readonly requestIds: readonly string[];
  readonly cardIds: readonly string[];
  /** How many entry ids to take: at least 1. */
  readonly entryCount: number;
}

/** Arrays are null where nothing was asked for. */
export interface LockBatchRow {
  configuration_version: bigint;
  transaction_id: string;
  /** Ascending. */
  entry_ids: bigint[];
  claimed: string[] | null;
  /** Milliseconds since the epoch, in the order of the fingerprints. */
  duplicates_at: (bigint | null)[] | null;
  period_ids: bigint[] | null;
  budget_ids: string[] | null;
  currencies: string[] | null;
  limits: bigint[] | null;
  pending: bigint[] | null;
  committed: bigint[] | null;
  spent: bigint[] | null;
  overruns: bigint[] | null;
}

export function lockBatch(locks: BatchLocks): Statement {
  const { claims } = locks;
  return {
    name: 'lock_batch',
    text: `SELECT * FROM lock_batch($1::text[]::uuid[], $2::bytea[], $3::text[], $4::timestamptz, $5::int4[], $6::int8[],
             $7::int8[], $8::text[], $9::text[], $10::int4)`,
    values: [
      binaryArray.text(claims.map(idempotencyHash)),
      binaryArray.bytea(claims.map((claim) => claim.bodyHash)),
      binaryArray.text(claims.map((claim) => claim.resourceId)),
      new Date(locks.claimedAtMs),
      binaryArray.int4([...new Set(locks.stepKeys.map(lockOf))].sort((a, b) => a - b)),
      binaryArray.int8(locks.fingerprints),
      binaryArray.int8(locks.periodIds),
      binaryArray.text(locks.requestIds),
      binaryArray.text(locks.cardIds),
      locks.entryCount,
    ],
  };
}

/** Two keys with the same 32 bits only wait for each other. */
function lockOf(key: IdempotencyKey): number {
  return Number.parseInt(idempotencyHash(key).slice(0, 8), 16) | 0;
}

// ledger/idempotency-key.ts: what an idempotency key is, and what of it is stored.
import { hash } from 'node:crypto';

export interface IdempotencyKey {
  /** The agent's or principal's id. */
  readonly scope: string;
  readonly operation: string;
  readonly key: string;
}

/** A key that is taken, by its hash. */
export interface IdempotencyClaim {
  readonly keyHash: string;
  readonly bodyHash: Buffer;
  /** Of an opening what it opened, of a step the first log entry it wrote. */
  readonly resourceId: string;
}

/**
 * 128 bits of SHA-256 of scope, operation and key, hex. Short, because keys are random and each lands on another page of
 * an index that never shrinks: after a checkpoint every page it touches is written whole.
 */
export function idempotencyKeyHash({ scope, operation, key }: IdempotencyKey): string {
  return hash('sha256', `${scope}\0${operation}\0${key}`, 'hex').slice(0, 32);
}

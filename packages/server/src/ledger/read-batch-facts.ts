// ledger/read-batch-facts.ts: what a batch's locks guard and no other statement has read, and the ids of its log entries:
// taken after every lock, so that their order is the order of changes. Sent last: it sees what the locks waited for.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface BatchFactsRow {
  configuration_version: bigint;
  transaction_id: string;
  /** Ascending. */
  entry_ids: bigint[];
  /** Whether somebody has one of the idempotency keys. */
  has_taken_keys: boolean;
  /** In the order of the fingerprints: when such an action was last accepted, milliseconds. Denied, cancelled and expired attempts do not count. */
  duplicates_at: (bigint | null)[];
}

export function readBatchFacts(
  keyHashes: readonly string[],
  fingerprints: readonly bigint[],
  entryCount: number,
): Statement {
  return {
    name: 'read_batch_facts',
    text: `SELECT version AS configuration_version, pg_current_xact_id()::text AS transaction_id,
             ARRAY(SELECT nextval('log_entry_id') FROM generate_series(1, $3::int4)) AS entry_ids,
             EXISTS (SELECT FROM idempotency_key WHERE key_hash = ANY ($1::text[]::uuid[])) AS has_taken_keys,
             ARRAY(
               SELECT (extract(epoch FROM greatest(
                 (SELECT created_at FROM purchase_request AS earlier
                  WHERE earlier.fingerprint = wanted.fingerprint AND status IN ('approved', 'held')
                  ORDER BY created_at DESC LIMIT 1),
                 (SELECT created_at FROM policy_check AS earlier
                  WHERE earlier.fingerprint = wanted.fingerprint AND decision <> 'block'
                  ORDER BY created_at DESC LIMIT 1))) * 1000)::int8
               FROM unnest($2::int8[]) WITH ORDINALITY AS wanted (fingerprint, position) ORDER BY position
             ) AS duplicates_at
           FROM configuration`,
    values: [binaryArray.text(keyHashes), binaryArray.int8(fingerprints), entryCount],
  };
}

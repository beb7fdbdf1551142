// ledger/read-batch-facts.ts: locks a batch's budget periods, and reads all that its locks guard, with the ids of its log
// entries: taken after every lock, so that their order is the order of changes. Sent last.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

/** Of the locked periods an array a column, in the order of their ids; null when there are none. */
export interface BatchFactsRow {
  configuration_version: bigint;
  transaction_id: string;
  /** Ascending. */
  entry_ids: bigint[];
  /** Whether somebody has one of the idempotency keys. */
  has_taken_keys: boolean;
  /**
   * In the order of the fingerprints: when such an action was last accepted, milliseconds. Denied, cancelled and expired
   * attempts do not count.
   */
  duplicates_at: (bigint | null)[];
  period_ids: bigint[] | null;
  budget_ids: string[] | null;
  currencies: string[] | null;
  limits: bigint[] | null;
  pending: bigint[] | null;
  committed: bigint[] | null;
  spent: bigint[] | null;
  overruns: bigint[] | null;
  /** Day buckets of the groups of near purchases: group, day, entry of the latest change, purchases; null: none. */
  related: [groupKey: string, day: number, lastEntryId: string, purchases: unknown][] | null;
}

export interface BatchFactsKeys {
  readonly keyHashes: readonly string[];
  readonly fingerprints: readonly bigint[];
  readonly periodIds: readonly bigint[];
  readonly entryCount: number;
  /** As PostgreSQL writes a uuid. */
  readonly groupKeys: readonly string[];
  /** Days since 1970-01-01: older buckets are not read. */
  readonly sinceDay: number;
}

/**
 * The periods are read as they are once their locks are granted; the rest as when the statement began, which is enough, as
 * the locks that guard it are held since an earlier one (lock-keys.ts). The ids wait for the periods.
 */
export function readBatchFacts(keys: BatchFactsKeys): Statement {
  return {
    name: 'read_batch_facts',
    text: `WITH period AS MATERIALIZED (
             SELECT * FROM budget_period WHERE period_id = ANY ($4::int8[]) ORDER BY period_id FOR NO KEY UPDATE)
           SELECT version AS configuration_version, pg_current_xact_id()::text AS transaction_id, locked.*, near.*,
             ARRAY(SELECT nextval('log_entry_id') FROM generate_series(1, $3::int4)
                   WHERE (SELECT count(*) FROM period) >= 0) AS entry_ids,
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
           FROM configuration, (
             SELECT array_agg(period_id) AS period_ids, array_agg(budget_id) AS budget_ids,
               array_agg(currency) AS currencies, array_agg(limit_minor) AS limits, array_agg(pending_minor) AS pending,
               array_agg(committed_minor) AS committed, array_agg(spent_minor) AS spent,
               array_agg(overrun_minor) AS overruns
             FROM period) AS locked, (
             SELECT json_agg(json_build_array(group_key, day, last_entry_id::text, purchases)) AS related
             FROM related_day WHERE group_key = ANY ($5::text[]::uuid[]) AND day >= $6::int4) AS near`,
    values: [
      binaryArray.text(keys.keyHashes),
      binaryArray.int8(keys.fingerprints),
      keys.entryCount,
      binaryArray.int8(keys.periodIds),
      binaryArray.text(keys.groupKeys),
      keys.groupKeys.length === 0 ? 0 : keys.sinceDay,
    ],
  };
}

// ledger/take-entry-ids.ts: log entry ids, taken after locks and facts, so that their order is the order of changes; with
// them what must be known before the transaction commits: its own id, and the configuration that holds under its lock.
import type { Statement } from '../db/statement.ts';

export interface TakeEntryIdsRow {
  entry_id: bigint;
  transaction_id: string;
  configuration_version: bigint;
}

/** One row per id, ascending. Sent after the statement that holds the configuration lock. */
export function takeEntryIds(count: number): Statement {
  return {
    name: 'take_entry_ids',
    text: `SELECT nextval('log_entry_id') AS entry_id, (SELECT pg_current_xact_id()::text) AS transaction_id,
                  (SELECT version FROM configuration) AS configuration_version
           FROM generate_series(1, $1::int)`,
    values: [count],
  };
}

// ledger/read-first-promise.ts: the oldest promise of the log: what the log's key has signed first.
import type { Statement } from '../db/statement.ts';

export interface FirstPromiseRow {
  first_entry_id: bigint;
}

export function readFirstPromise(): Statement {
  return {
    name: 'read_first_promise',
    text: 'SELECT first_entry_id FROM log_promise ORDER BY first_entry_id LIMIT 1',
    values: [],
  };
}

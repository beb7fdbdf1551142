// ledger/read-log-entries.ts: entries in the order of their ids, a page at a time.
import type { Statement } from '../db/statement.ts';

export interface ReadLogEntriesRow {
  entry_id: bigint;
  subject_id: string;
  body: Buffer;
}

export function readLogEntries({
  after,
  limit,
}: {
  readonly after: bigint;
  readonly limit: number;
}): Statement {
  return {
    name: 'read_log_entries',
    text: `SELECT entry_id, subject_id, body FROM log_entry WHERE entry_id > $1::int8 ORDER BY entry_id LIMIT $2::int`,
    values: [after.toString(), limit],
  };
}

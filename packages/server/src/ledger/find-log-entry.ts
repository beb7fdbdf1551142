// ledger/find-log-entry.ts: one entry by its id, with its place in the tree once it has one.
import type { Statement } from '../db/statement.ts';

export interface LogEntryRow {
  entry_id: bigint;
  subject_id: string;
  body: Buffer;
  leaf_index: bigint | null;
}

export function findLogEntry(entryId: bigint): Statement {
  return {
    name: 'find_log_entry',
    text: `SELECT entry_id, subject_id, body, leaf_index
           FROM log_entry LEFT JOIN log_leaf USING (entry_id) WHERE entry_id = $1::int8`,
    values: [entryId.toString()],
  };
}

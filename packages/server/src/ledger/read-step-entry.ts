// ledger/read-step-entry.ts: the log entry a step wrote first, from which its answer is rebuilt.
import type { Statement } from '../db/statement.ts';
import type { ReadOpeningRow } from './read-opening.ts';

export type ReadStepEntryRow = ReadOpeningRow;

export function readStepEntry(entryId: bigint): Statement {
  return {
    name: 'read_step_entry',
    text: `SELECT entry.entry_id, entry.body, request.private_text FROM log_entry AS entry
           JOIN purchase_request AS request ON request.request_id = entry.subject_id WHERE entry.entry_id = $1::int8`,
    values: [entryId],
  };
}

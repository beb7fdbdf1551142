// ledger/read-checkpoint.ts: the newest signed checkpoint.
import type { Statement } from '../db/statement.ts';

export interface CheckpointRow {
  size: bigint;
  note: string;
}

export function readCheckpoint(): Statement {
  return {
    name: 'read_checkpoint',
    text: 'SELECT size, note FROM log_checkpoint ORDER BY size DESC LIMIT 1',
    values: [],
  };
}

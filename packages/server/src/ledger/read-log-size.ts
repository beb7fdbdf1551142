// ledger/read-log-size.ts: how many leaves the log has.
import type { Statement } from '../db/statement.ts';

export interface LogSizeRow {
  size: bigint;
}

export function readLogSize(): Statement {
  return { name: 'read_log_size', text: 'SELECT size FROM log_head', values: [] };
}

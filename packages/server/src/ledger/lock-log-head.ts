// ledger/lock-log-head.ts: the election of the sequencer: whoever holds this row's lock may append. Without waiting:
// no row means that another gateway is appending.
import type { Statement } from '../db/statement.ts';

export interface LogHeadRow {
  size: bigint;
  frontier: Buffer;
}

export function lockLogHead(): Statement {
  return {
    name: 'lock_log_head',
    text: 'SELECT size, frontier FROM log_head FOR UPDATE SKIP LOCKED',
    values: [],
  };
}

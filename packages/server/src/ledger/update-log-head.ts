// ledger/update-log-head.ts: the tree's new size and right edge, under the lock of lock-log-head.ts.
import type { Statement } from '../db/statement.ts';

export function updateLogHead(size: number, frontier: Buffer): Statement {
  return {
    name: 'update_log_head',
    text: 'UPDATE log_head SET size = $1::int8, frontier = $2::bytea',
    values: [size, frontier],
  };
}

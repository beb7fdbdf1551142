// ledger/read-log-progress.ts: how far the tree, the newest checkpoint and the waiting entries are. Takes no lock.
import type { Statement } from '../db/statement.ts';

export interface LogProgressRow {
  size: bigint;
  frontier: Buffer;
  /** NULL: there is no checkpoint yet. */
  checkpoint_size: bigint | null;
  has_pending: boolean;
}

export function readLogProgress(): Statement {
  return {
    name: 'read_log_progress',
    text: `SELECT size, frontier, (SELECT max(size) FROM log_checkpoint) AS checkpoint_size,
             EXISTS (SELECT FROM log_pending) AS has_pending
           FROM log_head`,
    values: [],
  };
}

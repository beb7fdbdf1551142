// ledger/claim-signal-progress.ts: how far a job that follows the log has come. The lock on the row is the election among
// gateways: no row means that another one is at work.
import type { Statement } from '../db/statement.ts';

export interface SignalProgressRow {
  next_leaf: bigint;
  /** Leaves in the log. */
  size: bigint;
}

export function claimSignalProgress(name: 'velocity' | 'budget_days' | 'settlements'): Statement {
  return {
    name: 'claim_signal_progress',
    text: `SELECT next_leaf, (SELECT size FROM log_head) AS size FROM signal_progress WHERE name = $1
           FOR UPDATE SKIP LOCKED`,
    values: [name],
  };
}

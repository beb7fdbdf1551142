// ledger/advance-signal-progress.ts: notes how far a job that follows the log has come, in the transaction of what it counted.
import type { Statement } from '../db/statement.ts';

export function advanceSignalProgress(
  name: 'velocity' | 'budget_days' | 'settlements',
  nextLeaf: number,
): Statement {
  return {
    name: 'advance_signal_progress',
    text: `UPDATE signal_progress SET next_leaf = $2 WHERE name = $1`,
    values: [name, nextLeaf],
  };
}

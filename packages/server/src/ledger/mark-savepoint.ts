// ledger/mark-savepoint.ts: a place inside a transaction to go back to. A change is tried out behind it, to be reviewed.
import type { Statement } from '../db/statement.ts';

export function markSavepoint(): Statement {
  return { name: 'mark_savepoint', text: 'SAVEPOINT tried_out', values: [] };
}

/** Undoes what was sent since, and goes on with the transaction. */
export function markSavepointReturn(): Statement {
  return { name: 'return_to_savepoint', text: 'ROLLBACK TO SAVEPOINT tried_out', values: [] };
}

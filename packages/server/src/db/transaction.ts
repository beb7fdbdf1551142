// Runs a function in one transaction and answers only what really committed. For the control plane and jobs;
// the gate's batches have their own, pipelined, writer.
// Must not be given a function with effects outside the database: it may run more than once.

import type { ClientBase, Pool, PoolClient } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError, errorCodeOf, isConnectionLoss, isTransientConflict } from './database-error.ts';
import { resolveUncertainCommit, type ConnectClient } from './uncertain-commit.ts';

export interface TransactionOptions {
  /** Runs after a deadlock, a serialization failure or a lost connection, besides the first; 5 by default. */
  readonly retries?: number;
}

const RETRIES = 5;
const FIRST_DELAY_MS = 50;

/**
 * @throws DatabaseError `transaction_rolled_back` if `run` swallowed a failed statement, `outcome_unknown` if the
 *   connection was lost during COMMIT and the database did not come back to tell
 */
export async function runTransaction<Value>(
  pool: Pool,
  connect: ConnectClient,
  run: (client: PoolClient) => Promise<Value>,
  { retries = RETRIES }: TransactionOptions = {},
): Promise<Value> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await runOnce(pool, connect, run);
    } catch (error) {
      const mayRunAgain = isTransientConflict(error) || isConnectionLoss(error);
      if (!mayRunAgain || attempt >= retries) throw error;
      await sleep(FIRST_DELAY_MS * 2 ** attempt * (0.5 + Math.random()));
    }
  }
}

async function runOnce<Value>(
  pool: Pool,
  connect: ConnectClient,
  run: (client: PoolClient) => Promise<Value>,
): Promise<Value> {
  const client = await pool.connect();
  let isBroken = false;
  try {
    await client.query('BEGIN');
    const value = await run(client);
    await commitSurely(client, connect);
    return value;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {
      isBroken = true;
    });
    throw error;
  } finally {
    client.release(isBroken);
  }
}

async function commitSurely(client: PoolClient, connect: ConnectClient): Promise<void> {
  const transactionId = await transactionIdOf(client);
  try {
    await commit(client);
  } catch (error) {
    // Without an id the transaction wrote nothing, and what it read stays read.
    if (!isConnectionLoss(error) || transactionId === null) throw error;
    const outcome = await resolveUncertainCommit({ connect, transactionId });
    if (outcome === 'aborted') throw error;
  }
}

/** Null while the transaction has written nothing. */
async function transactionIdOf(client: PoolClient): Promise<string | null> {
  try {
    const { rows } = await client.query<{ id: string | null }>(
      'SELECT pg_current_xact_id_if_assigned()::text AS id',
    );
    return rows[0]?.id ?? null;
  } catch (error) {
    if (errorCodeOf(error) === IN_FAILED_TRANSACTION) throw rolledBack();
    throw error;
  }
}

const IN_FAILED_TRANSACTION = '25P02';

/**
 * COMMIT after a failed statement succeeds as a statement, and rolls back: only the command tag tells.
 * @throws DatabaseError `transaction_rolled_back`
 */
export async function commit(client: ClientBase): Promise<void> {
  assertCommitted(await client.query('COMMIT'));
}

/** For a COMMIT that was sent in a pipeline: @throws DatabaseError `transaction_rolled_back` */
export function assertCommitted(result: { command: string }): void {
  if (result.command !== 'COMMIT') throw rolledBack();
}

function rolledBack(): DatabaseError {
  return new DatabaseError(
    'transaction_rolled_back',
    'the transaction was rolled back, because a statement in it had failed and nobody noticed',
  );
}

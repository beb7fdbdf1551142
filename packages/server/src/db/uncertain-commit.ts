// Finds out whether a transaction whose COMMIT got no answer has committed.
// Must not conclude anything from a missing row while the transaction may still be running.

import type { Client, ClientBase } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError, errorCodeOf } from './database-error.ts';

/** Opens a connection of its own, which the caller ends. */
export type ConnectClient = () => Promise<Client>;

export type CommitOutcome = 'committed' | 'aborted';

export interface UncertainCommit {
  readonly connect: ConnectClient;
  /** `pg_current_xact_id()::text`, asked for inside the transaction. */
  readonly transactionId: string;
  /**
   * Whether a row that only this transaction wrote, and that nobody removes, is there. Asked once the transaction has
   * ended. It matters after a crash of PostgreSQL: an id that never reached the disk is given out a second time, and
   * its status is then that of a stranger.
   */
  readonly isRecorded?: (client: ClientBase) => Promise<boolean>;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;
const POLL_INTERVAL_MS = 50;

/** @throws DatabaseError `outcome_unknown` if the database does not tell within `timeoutMs` */
export async function resolveUncertainCommit(commit: UncertainCommit): Promise<CommitOutcome> {
  const deadline = performance.now() + (commit.timeoutMs ?? TIMEOUT_MS);
  let cause: unknown;
  for (;;) {
    try {
      const outcome = await ask(commit);
      if (outcome !== undefined) return outcome;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      const message = `the connection was lost during COMMIT and the outcome of transaction ${commit.transactionId} is unknown`;
      throw new DatabaseError('outcome_unknown', message, { cause });
    }
    await sleep(POLL_INTERVAL_MS);
  }
}

async function ask({
  connect,
  transactionId,
  isRecorded,
}: UncertainCommit): Promise<CommitOutcome | undefined> {
  const client = await connect();
  try {
    const status = await readStatus(client, transactionId);
    if (status === 'running') return undefined;
    if (status === 'aborted' || isRecorded === undefined) return status === 'forgotten' ? undefined : status;
    return (await isRecorded(client)) ? 'committed' : 'aborted';
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** `forgotten`: so long ago that PostgreSQL has dropped its status, which it does only once nobody is running. */
async function readStatus(
  client: Client,
  transactionId: string,
): Promise<CommitOutcome | 'running' | 'forgotten'> {
  const { rows } = await client.query<{ isStandby: boolean }>('SELECT pg_is_in_recovery() AS "isStandby"');
  if (rows[0]?.isStandby !== false) return 'running'; // not yet promoted
  try {
    const found = await client.query<{ status: string | null }>('SELECT pg_xact_status($1::xid8) AS status', [
      transactionId,
    ]);
    const status = found.rows[0]?.status ?? null;
    if (status === null) return 'forgotten';
    return status === 'committed' || status === 'aborted' ? status : 'running';
  } catch (error) {
    // "transaction ID is in the future": PostgreSQL crashed before anything of the transaction reached the disk.
    if (errorCodeOf(error) === '22023') return 'aborted';
    throw error;
  }
}

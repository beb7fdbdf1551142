// db/writer.ts: the one writing connection of a process. Transactions run one after the other; inside one,
// statements are pipelined. A COMMIT whose answer was lost is looked up, never guessed.
import type { Client, QueryResult, QueryResultRow } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';

import { errorCodeOf, isConnectionLoss, isTransientConflict } from './database-error.ts';
import type { Statement } from './statement.ts';
import { assertCommitted } from './transaction.ts';

export interface Transaction {
  /** Sends one statement; several may be under way at once, and run in the order they were sent. */
  query<R extends QueryResultRow>(statement: Statement): Promise<QueryResult<R>>;
}

export interface TransactionOutcome<T> {
  readonly result: T;
  /** Runs once the transaction is known to have committed, before anybody is answered. */
  readonly afterCommit?: () => void;
  /** Finds a row that only this transaction wrote; asked when the answer to its COMMIT was lost. */
  readonly proof?: Statement;
  /** Runs when it stays unknown whether the transaction has committed. */
  readonly afterUnknown?: () => void;
  /** Rolls back what was done and still returns the result: nothing was to be changed after all. */
  readonly rollback?: boolean;
}

export interface WriterOptions {
  /** Opens a pipelined connection as the gateway's role. */
  readonly connect: () => Promise<Client>;
  /** What became of a transaction whose COMMIT got no answer; rejects with `outcome_unknown` when it cannot tell. */
  readonly outcomeOf: (
    transactionId: string,
    proof: Statement | undefined,
  ) => Promise<'committed' | 'aborted'>;
}

const RETRIES_MAX = 8;
/** A statement, or a COMMIT, of a transaction in which another statement had failed before. */
const AFTER_FAILURE: ReadonlySet<string> = new Set(['25P02', 'transaction_rolled_back']);

const FIRST_RETRY_DELAY_MS = 5;

export class Writer {
  readonly #options: WriterOptions;
  #client: Client | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /**
   * Runs `work` in a transaction of its own, after those asked for before it. Deadlocks and serialisation failures
   * run it again, so `work` must have no effect outside the database before `afterCommit`.
   */
  transaction<T>(work: (tx: Transaction) => Promise<TransactionOutcome<T>>): Promise<T> {
    const run = this.#last.then(() => this.#withRetries(work));
    this.#last = run.catch(() => undefined);
    return run;
  }

  /** Waits for what is under way and closes the connection. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
    await this.#client?.end();
    this.#client = null;
  }

  async #withRetries<T>(work: (tx: Transaction) => Promise<TransactionOutcome<T>>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#once(work);
      } catch (error) {
        if (attempt >= RETRIES_MAX || !isTransientConflict(error)) throw error;
        await sleep(FIRST_RETRY_DELAY_MS * 2 ** (attempt - 1));
      }
    }
  }

  async #once<T>(work: (tx: Transaction) => Promise<TransactionOutcome<T>>): Promise<T> {
    const client = await this.#connected();
    let firstFailure: unknown;
    const tx: Transaction = {
      query: (statement) => {
        const sent = client.query(statement);
        sent.catch((error: unknown) => {
          firstFailure ??= error; // whoever awaits it sees the failure; nobody else must
        });
        return sent as Promise<never>;
      },
    };
    try {
      const begun = tx.query({ name: 'begin', text: 'BEGIN', values: [] });
      const noted = tx.query<{ id: string }>({
        name: 'note_transaction',
        text: 'SELECT pg_current_xact_id()::text AS id',
        values: [],
      });
      const outcome = await work(tx);
      await begun;
      if (outcome.rollback === true) {
        await tx.query({ name: 'rollback', text: 'ROLLBACK', values: [] });
        return outcome.result;
      }
      const transactionId = (await noted).rows[0]?.id;
      if (transactionId === undefined) throw new Error('a transaction has an id');
      await this.#commit(tx, transactionId, outcome);
      outcome.afterCommit?.();
      return outcome.result;
    } catch (error) {
      // In a pipeline a later statement may be the first to be awaited: it only says that an earlier one had failed.
      const cause = isAfterFailure(error) ? (firstFailure ?? error) : error;
      await this.#abandon(client, cause);
      throw cause;
    }
  }

  async #commit(
    tx: Transaction,
    transactionId: string,
    { proof, afterUnknown }: Pick<TransactionOutcome<unknown>, 'proof' | 'afterUnknown'>,
  ): Promise<void> {
    try {
      assertCommitted(await tx.query({ name: 'commit', text: 'COMMIT', values: [] }));
    } catch (error) {
      if (!isConnectionLoss(error)) throw error;
      const became = await this.#options.outcomeOf(transactionId, proof).catch((unknown: unknown) => {
        afterUnknown?.();
        throw unknown;
      });
      if (became === 'aborted') throw error;
    }
  }

  /** Rolls back where the connection still works, drops it where it does not. */
  async #abandon(client: Client, cause: unknown): Promise<void> {
    try {
      if (!isConnectionLoss(cause)) {
        await client.query('ROLLBACK');
        return;
      }
    } catch {
      // the connection is gone too: fall through and drop it
    }
    if (this.#client === client) this.#client = null;
    client.end().catch(() => undefined);
  }

  async #connected(): Promise<Client> {
    if (this.#closed) throw new Error('the writer is closed');
    if (this.#client !== null) return this.#client;
    const client = await this.#options.connect();
    const drop = (): void => {
      if (this.#client === client) this.#client = null;
    };
    client.on('error', drop);
    client.on('end', drop);
    this.#client = client;
    return client;
  }
}

function isAfterFailure(error: unknown): boolean {
  return AFTER_FAILURE.has(errorCodeOf(error) ?? '');
}

// db/writer.ts: the one writing connection of a process. Transactions run one after the other; inside one,
// statements are pipelined. A COMMIT whose answer was lost is looked up, never guessed.
import type { Client, QueryResult, QueryResultRow } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';

import { errorCodeOf, isConnectionLoss, isTransientConflict } from './database-error.ts';
import { StatementSender } from './statement-sender.ts';
import type { Statement } from './statement.ts';
import { assertCommitted } from './transaction.ts';

export interface Transaction {
  /** Sends one statement; several may be under way at once, and run in the order they were sent. */
  query<R extends QueryResultRow>(statement: Statement): Promise<QueryResult<R>>;
  /** Sends one statement whose answer nobody needs: if it fails, the transaction does. */
  send(statement: Statement): void;
  /** Lets the database begin with what was sent in this turn, before work that takes this process some time. */
  flush(): void;
}

export interface TransactionOutcome<T> {
  readonly result: T;
  /** What is to be made durable; left out: nothing was to be changed after all, and what was done is rolled back. */
  readonly commit?: Commit;
}

export interface Commit {
  /** `pg_current_xact_id()` of the transaction. */
  readonly transactionId: string;
  /** Finds a row that only this transaction wrote; asked when the answer to its COMMIT was lost. */
  readonly proof: Statement;
  /** Runs once the transaction is known to have committed, before anybody is answered. */
  readonly committed: () => void;
  /** Runs when it stays unknown whether the transaction has committed. */
  readonly unknown: () => void;
}

export interface WriterOptions {
  /** Opens a pipelined connection as the gateway's role. */
  readonly connect: () => Promise<Client>;
  /** What became of a transaction whose COMMIT got no answer; rejects with `outcome_unknown` when it cannot tell. */
  readonly outcomeOf: (transactionId: string, proof: Statement) => Promise<'committed' | 'aborted'>;
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
   * run it again, so `work` must have no effect outside the database.
   * It need not wait for what it sent last: COMMIT follows in the same pipeline, and one failure undoes all.
   */
  transaction<T>(work: (tx: Transaction) => Promise<TransactionOutcome<T>>): Promise<T> {
    return this.turn(({ transaction }) => transaction(work));
  }

  /** Several transactions of one caller, with nobody else's of this process between them. */
  turn<T>(use: (writer: Pick<Writer, 'transaction'>) => Promise<T>): Promise<T> {
    const run = this.#last.then(() => use({ transaction: (work) => this.#withRetries(work) }));
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
    const sender = new StatementSender(client);
    let firstFailure: Error | undefined;
    const heard = <T>(sent: Promise<T>): Promise<T> => {
      sent.catch((error: unknown) => {
        firstFailure ??= error instanceof Error ? error : new Error(String(error)); // whoever awaits it sees the failure; nobody else must
      });
      return sent;
    };
    const tx: Transaction = {
      query: (statement) => heard(sender.ask(statement)) as Promise<never>,
      send: (statement) => {
        void heard(sender.tell(statement));
      },
      flush: () => {
        sender.flush();
      },
    };
    try {
      tx.send({ name: 'begin', text: 'BEGIN', values: [] });
      const outcome = await work(tx);
      if (outcome.commit === undefined) {
        sender.close(); // of its own, so that it is heard whatever became of what was sent before
        await tx.query({ name: 'rollback', text: 'ROLLBACK', values: [] });
        return outcome.result;
      }
      // Statements that `work` did not wait for are still under way. One that could not even be sent has been refused by
      // the driver at once, and its refusal is heard after a promise or two: it must not be missing from what is
      // committed. The others are the database's to refuse.
      await refusals();
      if (firstFailure !== undefined) throw firstFailure;
      await this.#commit(tx, outcome.commit);
      outcome.commit.committed();
      return outcome.result;
    } catch (error) {
      // In a pipeline a later statement may be the first to be awaited: it only says that an earlier one had failed.
      const cause = isAfterFailure(error) ? (firstFailure ?? error) : error;
      sender.close();
      sender.flush();
      await this.#abandon(client, { cause, isPipelineBroken: isUnsent(firstFailure) });
      throw cause;
    }
  }

  async #commit(tx: Transaction, commit: Commit): Promise<void> {
    try {
      assertCommitted(await tx.query({ name: 'commit', text: 'COMMIT', values: [] }));
    } catch (error) {
      if (!isConnectionLoss(error)) throw error;
      const became = await this.#options
        .outcomeOf(commit.transactionId, commit.proof)
        .catch((unknown: unknown) => {
          commit.unknown();
          throw unknown;
        });
      if (became === 'aborted') throw error;
    }
  }

  /** Rolls back where the connection still works, drops it where it does not. */
  async #abandon(
    client: Client,
    { cause, isPipelineBroken }: { readonly cause: unknown; readonly isPipelineBroken: boolean },
  ): Promise<void> {
    try {
      if (!isPipelineBroken && !isConnectionLoss(cause)) {
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

/** A statement that failed before it reached the database leaves the driver's pipeline half written. */
function isUnsent(failure: Error | undefined): boolean {
  return failure !== undefined && !/^[0-9A-Z]{5}$/.test(errorCodeOf(failure) ?? '');
}

/** Lets every refusal that is on its way be heard, without giving up this turn. */
async function refusals(): Promise<void> {
  for (let hop = 0; hop < 4; hop += 1) await Promise.resolve();
}

function isAfterFailure(error: unknown): boolean {
  return AFTER_FAILURE.has(errorCodeOf(error) ?? '');
}

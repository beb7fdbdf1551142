// db/statement-sender.ts: sends the statements of a pipeline in few packets. The driver writes to the socket for each
// statement; those that are sent in one go leave together, which spares a system call and a wake-up for each.
import type { Client, QueryResult } from 'pg';

import type { Statement } from './statement.ts';

interface Corkable {
  cork(): void;
  uncork(): void;
}

export class StatementSender {
  readonly #client: Client;
  readonly #socket: Corkable | null;
  #isHeld = false;

  constructor(client: Client) {
    this.#client = client;
    this.#socket = socketOf(client);
  }

  /** Queues a statement; it leaves with the others of this turn, or at `flush`. */
  send(statement: Statement): Promise<QueryResult> {
    if (!this.#isHeld && this.#socket !== null) {
      this.#isHeld = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.flush();
      });
    }
    return this.#client.query(statement);
  }

  /** Lets go of what was sent so far, so that the database works on it while this process goes on. */
  flush(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#socket?.uncork();
  }
}

/** The driver does not declare its connection; without one, statements simply leave one by one. */
function socketOf(client: Client): Corkable | null {
  const { connection } = client as unknown as { connection?: { stream?: Partial<Corkable> } };
  const stream = connection?.stream;
  return typeof stream?.cork === 'function' && typeof stream.uncork === 'function'
    ? (stream as Corkable)
    : null;
}

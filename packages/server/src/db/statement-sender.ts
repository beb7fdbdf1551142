// db/statement-sender.ts: sends the statements of a transaction in few packets and few segments. Those that are sent in one
// turn leave together; those whose answers nobody waits for are answered with the next that somebody does.
import type { Client, QueryResult } from 'pg';

import { Segment } from './segment.ts';
import { VALUE_TYPES } from './session-config.ts';
import type { Statement } from './statement.ts';

interface Corkable {
  cork(): void;
  uncork(): void;
}

export class StatementSender {
  readonly #client: Client;
  readonly #socket: Corkable | null;
  #segment: Segment | null = null;
  #isHeld = false;
  #isAsked = false;

  constructor(client: Client) {
    this.#client = client;
    this.#socket = socketOf(client);
  }

  /** Sends a statement that is answered as soon as may be: it leaves with the others of this turn, or at `flush`. */
  ask(statement: Statement): Promise<QueryResult> {
    this.#isAsked = true;
    return this.tell(statement);
  }

  /** Sends a statement that is answered with the next that is asked. */
  tell(statement: Statement): Promise<QueryResult> {
    if (!this.#isHeld) {
      this.#isHeld = true;
      this.#socket?.cork();
      process.nextTick(() => {
        this.flush();
      });
    }
    if (this.#segment === null || this.#segment.isClosed) {
      this.#segment = new Segment(VALUE_TYPES);
      this.#client.query(this.#segment as never); // the driver takes what is made of its Query; its types do not know
    }
    return this.#segment.send(statement);
  }

  /** Lets go of what was sent so far, so that the database works on it while this process goes on. */
  flush(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    if (this.#isAsked) this.close();
    this.#socket?.uncork();
  }

  /** Has everything answered that was sent. */
  close(): void {
    this.#isAsked = false;
    this.#segment?.close();
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

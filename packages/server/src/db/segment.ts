// db/segment.ts: several statements as one message sequence of the extended query protocol: one Sync for all of them, so
// that the database answers once, and describes no result twice. Built on the driver's Query, as its cursors are.
// Must be closed: the database answers for certain only when it is.
// Protocol: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
import { createRequire } from 'node:module';
import pg, { type QueryResult } from 'pg';

import { isConnectionLoss } from './database-error.ts';
import type { Statement } from './statement.ts';

type Field = object;

/** What is used of the driver's connection. */
interface Connection {
  readonly parsedStatements: Record<string, string | undefined>;
  readonly submittedNamedStatements: Record<string, string | undefined>;
  parse(message: { name: string; text: string }): void;
  bind(message: {
    portal: string;
    statement: string;
    values: unknown[];
    valueMapper: (value: unknown) => unknown;
  }): void;
  describe(message: { type: 'P'; name: string }): void;
  execute(message: { portal: string; rows: number }): void;
  sync(): void;
}

type Result = QueryResult & {
  addFields(fields: readonly Field[]): void;
  parseRow(values: readonly unknown[]): object;
  addCommandComplete(message: object): void;
};

interface Sent {
  readonly name: string;
  readonly text: string;
  readonly isParsed: boolean;
  readonly result: Result;
  readonly resolve: (result: QueryResult) => void;
  readonly reject: (error: unknown) => void;
}

/** The fields of a statement's result, by connection and name: asked for once. */
const knownFields = new WeakMap<Connection, Map<string, readonly Field[]>>();

/** How the driver turns values into parameters; it exports the file without types. */
const { prepareValue } = createRequire(import.meta.url)('pg/lib/utils.js') as {
  prepareValue: (value: unknown) => unknown;
};

// The driver exports both; its type declarations do not say so.
const { Query, Result } = pg as unknown as {
  Query: new (config: object) => object;
  Result: new (rowMode: undefined, types: pg.CustomTypesConfig) => Result;
};

export class Segment extends Query {
  readonly #types: pg.CustomTypesConfig;
  readonly #sent: Sent[] = [];
  #connection: Connection | null = null;
  #failed = false;
  #isClosed = false;

  constructor(types: pg.CustomTypesConfig) {
    super({});
    this.#types = types;
  }

  /** The driver notes under this name that a statement has been parsed. */
  get name(): string | undefined {
    const [current] = this.#sent;
    return current?.isParsed === false ? current.name : undefined;
  }

  set name(_: string | undefined) {
    // the driver's constructor assigns it
  }

  get text(): string | undefined {
    return this.#sent[0]?.text;
  }

  set text(_: string | undefined) {
    // as above
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Sends a statement; it is answered when the segment is closed, or fails with the first that fails. */
  send({ name, text, values }: Statement): Promise<QueryResult> {
    return new Promise((resolve, reject) => {
      const connection = this.#connection;
      if (connection === null || this.#isClosed) throw new Error('statements are sent into an open segment');
      if (this.#failed) throw afterFailure();
      const previous = connection.parsedStatements[name] ?? connection.submittedNamedStatements[name];
      if (previous !== undefined && previous !== text)
        throw new Error(`\`${name}\` is the name of another statement`);
      const fields = knownFields.get(connection)?.get(name);
      const result = new Result(undefined, this.#types);
      if (previous === undefined) {
        connection.parse({ name, text });
        connection.submittedNamedStatements[name] = text;
      }
      connection.bind({ portal: '', statement: name, values, valueMapper: prepareValue });
      if (fields === undefined) connection.describe({ type: 'P', name: '' });
      else if (fields.length > 0) result.addFields(fields);
      connection.execute({ portal: '', rows: 0 });
      this.#sent.push({ name, text, isParsed: previous !== undefined, result, resolve, reject });
    });
  }

  /** Makes the database answer. Nothing more can be sent into it. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#connection?.sync();
  }

  submit(connection: Connection): null {
    this.#connection = connection;
    if (!knownFields.has(connection)) knownFields.set(connection, new Map());
    return null;
  }

  handleRowDescription({ fields }: { readonly fields: readonly Field[] }): void {
    this.#sent[0]?.result.addFields(fields);
  }

  handleDataRow({ fields }: { readonly fields: readonly unknown[] }): void {
    const result = this.#sent[0]?.result;
    result?.rows.push(result.parseRow(fields));
  }

  handleCommandComplete(message: object): void {
    const done = this.#sent.shift();
    if (done === undefined || this.#connection === null) return;
    knownFields.get(this.#connection)?.set(done.name, done.result.fields);
    done.result.addCommandComplete(message);
    done.resolve(done.result);
  }

  /**
   * A statement that the database refuses fails alone, and those after it are skipped. When the connection is lost all
   * are: what became of any of them, COMMIT included, is then unknown.
   */
  handleError(error: unknown): void {
    this.#failed = true;
    const isLost = isConnectionLoss(error);
    for (const [index, { name, isParsed, reject }] of this.#sent.splice(0).entries()) {
      if (!isParsed) delete this.#connection?.submittedNamedStatements[name];
      reject(index === 0 || isLost ? error : afterFailure());
    }
  }

  handleReadyForQuery(): void {
    for (const sent of this.#sent.splice(0))
      sent.reject(new Error('the database left a statement unanswered'));
  }
}

function afterFailure(): Error {
  return Object.assign(new Error('a statement before this one has failed'), { code: '25P02' });
}

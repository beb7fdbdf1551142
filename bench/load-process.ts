// bench/load-process.ts: the callers of the HTTP rounds, in a process of their own: kept-alive connections with one request
// under way on each. Ends a round only when every request is answered, so that answers can be compared with rows; load
// generators that cut connections off at the end cannot.
import { type Socket, connect } from 'node:net';

import { serveParent } from './child-process.ts';
import { runClosedLoop } from './closed-loop.ts';
import type { RoundResult } from './rounds.ts';
import { type Outcome, purchaseOf } from './workload.ts';

export interface LoadCommand {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** Number of the first purchase. */
  readonly first: number;
  readonly apiKey: string;
}

export interface SampleAnswer {
  readonly outcome: Outcome;
  readonly headers: Record<string, string>;
  readonly body: string;
}

export interface LoadResult extends RoundResult {
  /** The last answer of each outcome. */
  readonly samples: readonly SampleAnswer[];
  readonly requestBytes: number;
}

serveParent({
  ready: null,
  answer: (command) => load(command as LoadCommand), // sent by forms/http.ts
  close: () => Promise.resolve(),
});

async function load(command: LoadCommand): Promise<LoadResult> {
  const { hostname, port } = new URL(command.url);
  const idle: HttpConnection[] = [];
  for (let index = 0; index < command.connections; index += 1) {
    idle.push(await HttpConnection.open(hostname, Number(port)));
  }
  const all = [...idle];
  const samples = new Map<Outcome, SampleAnswer>();
  let requestBytes = 0;
  const result = await runClosedLoop({
    callers: command.connections,
    seconds: command.seconds,
    ask: async (offset) => {
      const connection = idle.pop();
      if (connection === undefined) throw new Error('there is a connection for each caller');
      const purchase = purchaseOf(command.first + offset, 'hot');
      const request = requestOf(command, JSON.stringify(purchase.body), purchase.idempotencyKey);
      requestBytes = request.length;
      const answer = await connection.exchange(request);
      idle.push(connection);
      if (answer.status !== 201 || !answer.body.includes(`"status":"${purchase.outcome}"`)) {
        throw new Error(`expected ${purchase.outcome}, got ${answer.status} ${answer.body}`);
      }
      samples.set(purchase.outcome, {
        outcome: purchase.outcome,
        headers: headersOf(answer.head),
        body: answer.body,
      });
    },
  });
  for (const connection of all) connection.close();
  return { ...result, samples: [...samples.values()], requestBytes };
}

function requestOf({ url, apiKey }: LoadCommand, body: string, idempotencyKey: string): string {
  return [
    'POST /v1/procurement/requests HTTP/1.1',
    `Host: ${new URL(url).host}`,
    'Content-Type: application/json',
    `Authorization: Bearer ${apiKey}`,
    `Idempotency-Key: ${idempotencyKey}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

/** What the bare server has to send too; the rest is Fastify's own. */
function headersOf(head: string): Record<string, string> {
  const own = new Set(['date', 'connection', 'keep-alive', 'content-length', 'transfer-encoding']);
  const lines = head.split('\r\n').slice(1);
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return Object.fromEntries(headers.filter(([name]) => !own.has(name)));
}

interface HttpAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

class HttpConnection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #waiting: { resolve: (answer: HttpAnswer) => void; reject: (error: Error) => void } | null = null;

  static async open(host: string, port: number): Promise<HttpConnection> {
    const socket = connect({ host, port, noDelay: true });
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new HttpConnection(socket);
  }

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => this.#waiting?.reject(error));
    socket.on('close', () => this.#waiting?.reject(new Error('the server closed the connection')));
  }

  exchange(request: string): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const head = this.#received.toString('latin1', 0, headEnd);
    const bodyStart = headEnd + 4;
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? Number.NaN);
    if (Number.isNaN(length)) {
      this.#waiting?.reject(new Error(`an answer without a length: ${head}`));
      return;
    }
    if (this.#received.length < bodyStart + length) return;
    const body = this.#received.toString('utf8', bodyStart, bodyStart + length);
    this.#received = this.#received.subarray(bodyStart + length);
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.resolve({ status: Number(head.slice(9, 12)), head, body });
  }
}

// conformance/recording-client.ts: the gateway's HTTP API as any client would call it, with every exchange written down.
// Keys never reach the evidence. Changes that wait for a second operator are approved with that operator's key.
import { CommandFailure } from '../failure.ts';
import type { Exchange, Json } from './evidence.ts';
import { valueAt } from './expectation.ts';

export interface Call {
  /** A name that `keepLastKey` was told; null: without a key. */
  readonly actor: string | null;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: Json;
}

interface ClientOptions {
  readonly url: string;
  readonly operatorKey: string;
  /** Of another operator; where change control is `four_eyes`. */
  readonly secondKey: string | undefined;
  readonly signal: AbortSignal;
}

const TIMEOUT_MS = 60_000;
const REDACTED = '[redacted]';
const WAIT_MS_MAX = 90_000;

export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

export class RecordingClient {
  readonly #url: string;
  readonly #signal: AbortSignal;
  readonly #keys = new Map<string, string>();
  #isRestoring = false;
  #lastKey: string | undefined;

  constructor({ url, operatorKey, secondKey, signal }: ClientOptions) {
    this.#url = url;
    this.#signal = signal;
    this.#keys.set('operator', operatorKey);
    if (secondKey !== undefined) this.#keys.set('second operator', secondKey);
  }

  get isInterrupted(): boolean {
    return this.#signal.aborted;
  }

  /** From here on an interruption stops nothing: what was changed is put back. */
  beginRestoring(): void {
    this.#isRestoring = true;
  }

  /** The key that was made last is this actor's: it stands in no exchange. */
  keepLastKey(actor: string): void {
    if (this.#lastKey === undefined) throw new Error('no key was made');
    this.#keys.set(actor, this.#lastKey);
    this.#lastKey = undefined;
  }

  /** @param exchanges where it is written down; the answer is the last that is added */
  async send(call: Call, exchanges: Exchange[]): Promise<Exchange> {
    for (let attempt = 1; ; attempt += 1) {
      const { exchange, retryAfterMs } = await this.#exchange(call, exchanges);
      if (exchange.status === 429 && attempt < 3 && retryAfterMs <= WAIT_MS_MAX) {
        await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
        continue;
      }
      return exchange.status === 202 ? this.#reviewed(exchange, exchanges) : exchange;
    }
  }

  /** What the change answered when it was sent again on its approval. */
  async #reviewed(draft: Exchange, exchanges: Exchange[]): Promise<Exchange> {
    const changeId = valueAt(draft, '/received/change_id');
    if (typeof changeId !== 'string') return draft;
    if (!this.#keys.has('second operator')) {
      throw new CommandFailure(
        'changes of this installation wait for a second person: give another operator’s key in COUNTERSIGN_SECOND_OPERATOR_KEY',
      );
    }
    const call: Call = {
      actor: 'second operator',
      method: 'POST',
      path: `/v1/changes/${changeId}/approve`,
    };
    const { exchange } = await this.#exchange(call, exchanges);
    const result = valueAt(exchange, '/received/result');
    // Written down as it came; what follows goes on with the result in it.
    return exchange.status === 200 && result !== undefined && result !== null
      ? { ...exchange, received: result }
      : exchange;
  }

  /** A text as it is: what is public. */
  async text(path: string): Promise<string> {
    const response = await this.#fetch(path, { method: 'GET' });
    if (!response.ok) throw new CommandFailure(`the gateway answered ${response.status} for \`${path}\``);
    return response.text();
  }

  /** JSON that is evidence itself, not an exchange of a case. */
  async json(path: string): Promise<Json> {
    const response = await this.#fetch(path, { method: 'GET', headers: this.#headers('operator') });
    if (!response.ok) throw new CommandFailure(`the gateway answered ${response.status} for \`${path}\``);
    return JSON.parse(this.#redacted(await response.text())) as Json; // parsed JSON is JSON
  }

  async #exchange(
    { actor, method, path, body }: Call,
    exchanges: Exchange[],
  ): Promise<{ exchange: Exchange; retryAfterMs: number }> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const at = new Date();
    const response = await this.#fetch(path, {
      method,
      headers: {
        ...this.#headers(actor),
        ...(text === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(text === undefined ? {} : { body: text }),
    });
    const answered = await response.text();
    const tookMs = Date.now() - at.getTime();
    this.#noteKey(answered);
    const exchange: Exchange = {
      number: exchanges.length,
      actor,
      method,
      path,
      sent: text === undefined ? null : (JSON.parse(this.#redacted(text)) as Json), // parsed JSON is JSON
      status: response.status,
      received: jsonOf(this.#redacted(answered)),
      at: at.toISOString(),
      took_ms: tookMs,
    };
    exchanges.push(exchange);
    return { exchange, retryAfterMs: 1000 * Number(response.headers.get('retry-after') ?? 1) };
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    if (this.#signal.aborted && !this.#isRestoring) throw new Interrupted('interrupted');
    try {
      return await fetch(new URL(path, this.#url), { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CommandFailure(`no answer from ${this.#url} for \`${path}\`: ${reason}`, 1, { cause: error });
    }
  }

  #headers(actor: string | null): Record<string, string> {
    if (actor === null) return {};
    const key = this.#keys.get(actor);
    if (key === undefined) throw new Error(`there is no key of \`${actor}\``);
    return { authorization: `Bearer ${key}` };
  }

  #noteKey(text: string): void {
    const key = /"api_key":"([^"]+)"/.exec(text)?.[1];
    if (key === undefined) return;
    this.#lastKey = key;
    this.#keys.set(`key ${this.#keys.size}`, key);
  }

  #redacted(text: string): string {
    let clean = text;
    for (const key of this.#keys.values()) clean = clean.replaceAll(key, REDACTED);
    return clean;
  }
}

function jsonOf(text: string): Json {
  if (text === '') return null;
  try {
    return JSON.parse(text) as Json; // parsed JSON is JSON
  } catch {
    return text;
  }
}

// record/event-feed.ts: tells this process' subscribers and long polls what entered the log. Polls the log's size, and
// only while somebody listens: a LISTEN would need a connection of its own, breaks behind a transaction pooler, and
// saves at most one poll of latency where the sequencer, or the gate of this very process, wakes the feed anyway.
// INVARIANT: a subscriber sees every leaf of its types from its start on, in order, at its own pace.
import type { Pool } from 'pg';

import { queryRows } from '../db/query-rows.ts';
import { type ChangedSubjectRow, findChangedSubjects } from '../ledger/find-changed-subjects.ts';
import { type LogLeafRow, readLogLeaves } from '../ledger/read-log-leaves.ts';
import { type LogSizeRow, readLogSize } from '../ledger/read-log-size.ts';
import { type LogEvent, shapeEvents } from './event-data.ts';
import { eventTypeCode } from './event-type-code.ts';

export interface EventFeedOptions {
  readonly pool: Pool;
  readonly log: { warn(details: object, message: string): void };
  /** Milliseconds between two looks at the log while somebody listens. Default 100. */
  readonly pollMs?: number;
}

export interface Subscription {
  /** The last event already seen (a leaf index); null: only what comes from now on. -1: from the beginning. */
  readonly after: number | null;
  /** Exact event types; left out: all. */
  readonly types?: readonly string[];
  readonly signal: AbortSignal;
}

interface Page {
  readonly events: readonly LogEvent[];
  /** The first leaf that has not been looked at. */
  readonly next: number;
}

interface Waiter {
  readonly settle: (changed: boolean) => void;
}

const POLL_MS = 100;
const PAGE_EVENTS_MAX = 200;
const PAGES_KEPT = 32;

export class EventFeed {
  readonly #options: EventFeedOptions;
  readonly #waiters = new Map<string, Set<Waiter>>();
  /** Subscribers that have seen everything up to the last known size. */
  readonly #idle = new Set<() => void>();
  /** Pages being read or just read: subscribers at the same place share one query. */
  readonly #pages = new Map<string, Promise<Page>>();
  readonly #closing = new AbortController();
  #subscribers = 0;
  /** Size of the log when last looked at; null: nobody listened meanwhile. */
  #size: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isPolling = false;
  #isAskedAgain = false;

  constructor(options: EventFeedOptions) {
    this.#options = options;
  }

  /** For this process' gate, after its commit: who waits for one of these is answered at once. */
  notifyLocal(subjectIds: Iterable<string>): void {
    if (this.#waiters.size === 0) return;
    for (const subjectId of subjectIds) this.#settle(subjectId, true);
  }

  /** For this process' sequencer, after its commit: look at the log now. */
  wake(): void {
    if (this.#isListenedTo) void this.#poll();
  }

  /**
   * True: something may have changed about the subject since the call: read it again. False: the time is over or the
   * signal aborted. Call it before reading the state that is to change, or use `waitUntil`.
   */
  waitForChange(subjectId: string, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted === true || this.#closing.signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const abort = (): void => waiter.settle(false);
      const timer = setTimeout(abort, timeoutMs);
      const waiter: Waiter = {
        settle: (changed) => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', abort);
          this.#forget(subjectId, waiter);
          resolve(changed);
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      const waiters = this.#waiters.get(subjectId);
      if (waiters === undefined) this.#waiters.set(subjectId, new Set([waiter]));
      else waiters.add(waiter);
      this.#schedule();
    });
  }

  /** Reads until what is read is ready or the time is over; gives what was read last. Misses no change. */
  async waitUntil<T>(options: {
    readonly subjectId: string;
    readonly timeoutMs: number;
    readonly signal?: AbortSignal;
    readonly read: () => Promise<T>;
    readonly isReady: (value: T) => boolean;
  }): Promise<T> {
    const { subjectId, signal, read, isReady } = options;
    const until = performance.now() + options.timeoutMs;
    for (;;) {
      const reading = new AbortController();
      const leaveMs = until - performance.now();
      if (leaveMs <= 0) return read();
      const stop = signal === undefined ? reading.signal : AbortSignal.any([signal, reading.signal]);
      const change = this.waitForChange(subjectId, leaveMs, stop);
      try {
        const value = await read();
        if (isReady(value)) return value;
        if (!(await change)) return await read();
      } finally {
        reading.abort();
      }
    }
  }

  /** Events in the log's order. Ends when the signal aborts or the feed closes; throws when the log cannot be read. */
  async *subscribe({ after, types, signal }: Subscription): AsyncGenerator<LogEvent, void, undefined> {
    this.#subscribers += 1;
    try {
      let next = after === null ? await this.#readSize() : after + 1;
      this.#schedule();
      while (!signal.aborted && !this.#closing.signal.aborted) {
        if (this.#size === null || next >= this.#size) {
          await this.#untilGrown(signal);
          continue;
        }
        const page = await this.#page(next, this.#size, types);
        for (const event of page.events) {
          if (signal.aborted) return;
          yield event;
        }
        next = page.next;
      }
    } finally {
      this.#subscribers -= 1;
    }
  }

  /** Ends every subscription, and every wait without a change. */
  close(): void {
    this.#closing.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const subjectId of [...this.#waiters.keys()]) this.#settle(subjectId, false);
    this.#wakeIdle();
  }

  get #isListenedTo(): boolean {
    return this.#subscribers > 0 || this.#waiters.size > 0;
  }

  #schedule(): void {
    if (this.#timer !== null || this.#isPolling || this.#closing.signal.aborted) return;
    if (!this.#isListenedTo) {
      this.#size = null; // growth is not watched any more
      return;
    }
    const delayMs = this.#size === null ? 0 : (this.#options.pollMs ?? POLL_MS);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#poll();
    }, delayMs);
  }

  async #poll(): Promise<void> {
    if (this.#isPolling) {
      this.#isAskedAgain = true;
      return;
    }
    this.#isPolling = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    try {
      do {
        this.#isAskedAgain = false;
        await this.#look();
      } while (this.#wasAskedAgain());
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#options.log.warn({ message }, 'the event feed could not read the log and will try again');
    } finally {
      this.#isPolling = false;
      this.#schedule();
    }
  }

  async #look(): Promise<void> {
    const waiting = [...this.#waiters.keys()];
    const before = this.#size;
    const size = await this.#readSize();
    if (before === null) {
      // What these wait for may have happened while nobody looked: let them read again.
      for (const subjectId of waiting) this.#settle(subjectId, true);
    } else if (size > before && waiting.length > 0) {
      const statement = findChangedSubjects(before, size, waiting);
      const changed = await queryRows<ChangedSubjectRow>(this.#options.pool, statement);
      for (const row of changed) this.#settle(row.subject_id, true);
    }
    this.#size = size;
    if (before === null || size > before) this.#wakeIdle();
  }

  #wasAskedAgain(): boolean {
    return this.#isAskedAgain && !this.#closing.signal.aborted;
  }

  async #readSize(): Promise<number> {
    const [row] = await queryRows<LogSizeRow>(this.#options.pool, readLogSize());
    return Number(row?.size ?? 0n);
  }

  async #page(from: number, to: number, types: readonly string[] | undefined): Promise<Page> {
    const key = JSON.stringify([from, to, types ?? null]);
    const known = this.#pages.get(key);
    if (known !== undefined) return known;
    const page = this.#readPage(from, to, types);
    this.#pages.set(key, page);
    page.catch(() => this.#pages.delete(key));
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= PAGES_KEPT) break;
      this.#pages.delete(oldest);
    }
    return page;
  }

  async #readPage(from: number, to: number, types: readonly string[] | undefined): Promise<Page> {
    const typeCodes = types?.map(eventTypeCode) ?? null;
    const range = { from, to, limit: PAGE_EVENTS_MAX, typeCodes };
    const leaves = await queryRows<LogLeafRow>(this.#options.pool, readLogLeaves(range));
    const events = await shapeEvents(this.#options.pool, leaves);
    const last = leaves.length < PAGE_EVENTS_MAX ? undefined : leaves.at(-1);
    return {
      events: types === undefined ? events : events.filter((event) => types.includes(event.type)),
      next: last === undefined ? to : Number(last.leaf_index) + 1,
    };
  }

  #untilGrown(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const proceed = (): void => {
        this.#idle.delete(proceed);
        signal.removeEventListener('abort', proceed);
        resolve();
      };
      this.#idle.add(proceed);
      signal.addEventListener('abort', proceed, { once: true });
    });
  }

  #wakeIdle(): void {
    for (const proceed of [...this.#idle]) proceed();
  }

  #settle(subjectId: string, changed: boolean): void {
    for (const waiter of [...(this.#waiters.get(subjectId) ?? [])]) waiter.settle(changed);
  }

  #forget(subjectId: string, waiter: Waiter): void {
    const waiters = this.#waiters.get(subjectId);
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.#waiters.delete(subjectId);
  }
}

// record/event-feed.ts: tells this process' event streams and long polls what entered the log. Polls the log's size, and
// only while somebody waits: a LISTEN would need a connection of its own, breaks behind a transaction pooler, and
// saves at most one poll of latency where this process' gate and sequencer wake the feed anyway.
// INVARIANT: a subscriber sees every leaf of its kind from its start on, once, in order, at its own pace.
import type { Pool } from 'pg';

import { queryRows } from '../db/query-rows.ts';
import { requestIdOfCard } from '../ids.ts';
import { type ChangedSubjectRow, findChangedSubjects } from '../ledger/find-changed-subjects.ts';
import { type AgentSubjectRow, findSubjectsOfAgent } from '../ledger/find-subjects-of-agent.ts';
import { type LogLeafRow, readLogLeaves } from '../ledger/read-log-leaves.ts';
import { type LogSizeRow, readLogSize } from '../ledger/read-log-size.ts';
import { type LogEvent, shapeEvents } from './event-data.ts';
import { isWanted, typeCodesOf } from './wanted-types.ts';

export interface EventFeedOptions {
  readonly pool: Pool;
  readonly log: { warn(details: object, message: string): void };
  /** Milliseconds between two looks at the log while somebody waits. Default 100. */
  readonly pollMs?: number;
}

export interface Subscription {
  /** Only events with a greater leaf index; -1: from the beginning; null: only what comes from now on. */
  readonly after: number | null;
  /** Exact types, or groups such as `purchase.*`; left out: all. */
  readonly types?: readonly string[];
  /** Only events about this agent's requests, cards and checks; left out: all. */
  readonly agentId?: string;
  readonly signal: AbortSignal;
}

interface Page {
  readonly events: readonly LogEvent[];
  /** The last leaf that was looked at. */
  readonly scannedTo: number;
}

interface PageQuery {
  readonly types: readonly string[] | null;
  readonly agentId: string | null;
  readonly after: number;
  readonly to: number;
}

interface SubjectWaiter {
  readonly kind: 'subject';
  readonly subjectId: string;
  readonly settle: () => void;
}
interface LeafWaiter {
  readonly kind: 'leaf';
  readonly after: number;
  readonly settle: () => void;
}
type Waiter = SubjectWaiter | LeafWaiter;

const POLL_MS = 100;
const PAGE_EVENTS_MAX = 200;
const PAGES_KEPT = 32;

export class EventFeed {
  readonly #options: EventFeedOptions;
  readonly #bySubject = new Map<string, Set<SubjectWaiter>>();
  readonly #forLeaves = new Set<LeafWaiter>();
  /** Pages being read or just read: streams at the same place share one query. */
  readonly #pages = new Map<string, Promise<Page>>();
  /** Size of the log when last looked at; null: nobody waited meanwhile. */
  #size: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isPolling = false;
  #isAskedAgain = false;
  #isFailing = false;
  #isClosed = false;

  constructor(options: EventFeedOptions) {
    this.#options = options;
  }

  /** For this process' gate, after its commit: who waits for one of these is answered at once. */
  notifyLocal(subjectIds: Iterable<string>): void {
    if (this.#bySubject.size === 0) return;
    for (const subjectId of subjectIds) this.#settleSubject(subjectId);
  }

  /** For this process' sequencer, after its commit: look at the log now. */
  wake(): void {
    if (this.#isWaitedFor) void this.#poll();
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
      const leftMs = until - performance.now();
      if (leftMs <= 0 || signal?.aborted === true || this.#isClosed) return read();
      // Listens before it reads: a change after the reading ends the wait.
      const change = this.#wait(leftMs, signal, (settle) => ({ kind: 'subject', subjectId, settle }));
      try {
        const value = await read();
        if (isReady(value)) return value;
        await change.promise;
      } finally {
        change.settle();
      }
    }
  }

  /** Events in the log's order. Ends when the signal aborts or the feed closes; throws when the log cannot be read. */
  async *subscribe(subscription: Subscription): AsyncGenerator<LogEvent, void, undefined> {
    const { signal } = subscription;
    let after = subscription.after ?? (await this.#readSize()) - 1;
    const isOver = (): boolean => signal.aborted || this.#isClosed;
    while (!isOver()) {
      if (this.#size === null || this.#size - 1 <= after) {
        const leaf = this.#wait(null, signal, (settle) => ({ kind: 'leaf', after, settle }));
        await leaf.promise;
        continue;
      }
      const page = await this.#page(subscription, after, this.#size);
      for (const event of page.events) {
        yield event;
        if (isOver()) return;
      }
      after = page.scannedTo;
    }
  }

  /** Ends every wait. */
  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const subjectId of [...this.#bySubject.keys()]) this.#settleSubject(subjectId);
    for (const waiter of [...this.#forLeaves]) waiter.settle();
  }

  get #isWaitedFor(): boolean {
    return !this.#isClosed && (this.#bySubject.size > 0 || this.#forLeaves.size > 0);
  }

  /** @param timeoutMs null: as long as it takes */
  #wait(
    timeoutMs: number | null,
    signal: AbortSignal | undefined,
    waiterWith: (settle: () => void) => Waiter,
  ): { readonly promise: Promise<void>; readonly settle: () => void } {
    const { promise, resolve } = withResolvers();
    const settle = (): void => {
      if (timer !== null) clearTimeout(timer);
      signal?.removeEventListener('abort', settle);
      this.#remove(waiter);
      resolve();
    };
    const timer = timeoutMs === null ? null : setTimeout(settle, timeoutMs);
    const waiter = waiterWith(settle);
    signal?.addEventListener('abort', settle, { once: true });
    this.#add(waiter);
    this.#schedule();
    return { promise, settle };
  }

  #add(waiter: Waiter): void {
    if (waiter.kind === 'leaf') {
      this.#forLeaves.add(waiter);
      return;
    }
    const others = this.#bySubject.get(waiter.subjectId);
    if (others === undefined) this.#bySubject.set(waiter.subjectId, new Set([waiter]));
    else others.add(waiter);
  }

  #remove(waiter: Waiter): void {
    if (waiter.kind === 'leaf') {
      this.#forLeaves.delete(waiter);
      return;
    }
    const others = this.#bySubject.get(waiter.subjectId);
    others?.delete(waiter);
    if (others?.size === 0) this.#bySubject.delete(waiter.subjectId);
  }

  #settleSubject(subjectId: string): void {
    for (const waiter of [...(this.#bySubject.get(subjectId) ?? [])]) waiter.settle();
  }

  #schedule(): void {
    if (this.#timer !== null || this.#isPolling || this.#isClosed) return;
    if (!this.#isWaitedFor) {
      this.#size = null; // growth is not watched any more
      return;
    }
    const delayMs = this.#size === null && !this.#isFailing ? 0 : (this.#options.pollMs ?? POLL_MS);
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
        this.#isFailing = false;
      } while (this.#wasAskedAgain());
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#options.log.warn({ message }, 'the event feed could not read the log and will try again');
      this.#isFailing = true;
    } finally {
      this.#isPolling = false;
      this.#schedule();
    }
  }

  async #look(): Promise<void> {
    const before = this.#size;
    const size = await this.#readSize();
    // Listed after the size was read: who comes later waits for leaves beyond it, which the next look finds.
    const waiting = [...this.#bySubject.keys()];
    if (before === null) {
      // What these wait for may have happened while nobody looked: let them read again.
      for (const subjectId of waiting) this.#settleSubject(subjectId);
    } else if (size > before && waiting.length > 0) {
      const statement = findChangedSubjects(before, size, waiting);
      const changed = await queryRows<ChangedSubjectRow>(this.#options.pool, statement);
      for (const row of changed) this.#settleSubject(row.subject_id);
    }
    this.#size = size;
    for (const waiter of [...this.#forLeaves]) {
      if (size - 1 > waiter.after) waiter.settle();
    }
  }

  #wasAskedAgain(): boolean {
    return this.#isAskedAgain && !this.#isClosed;
  }

  async #readSize(): Promise<number> {
    const [row] = await queryRows<LogSizeRow>(this.#options.pool, readLogSize());
    return Number(row?.size ?? 0n);
  }

  async #page(subscription: Subscription, after: number, to: number): Promise<Page> {
    const { types = null, agentId = null } = subscription;
    const key = JSON.stringify([after, to, types, agentId]);
    const known = this.#pages.get(key);
    if (known !== undefined) return known;
    const page = this.#readPage({ types, agentId, after, to });
    this.#pages.set(key, page);
    page.catch(() => this.#pages.delete(key));
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= PAGES_KEPT) break;
      this.#pages.delete(oldest);
    }
    return page;
  }

  async #readPage({ types, agentId, after, to }: PageQuery): Promise<Page> {
    const range = { from: after + 1, to, limit: PAGE_EVENTS_MAX, typeCodes: typeCodesOf(types) };
    const leaves = await queryRows<LogLeafRow>(this.#options.pool, readLogLeaves(range));
    const last = leaves.length < PAGE_EVENTS_MAX ? undefined : leaves.at(-1);
    const wanted = agentId === null ? leaves : await this.#leavesOfAgent(leaves, agentId);
    const events = await shapeEvents(this.#options.pool, wanted);
    return {
      events: events.filter((event) => isWanted(types, event.type)),
      scannedTo: last === undefined ? to - 1 : Number(last.leaf_index),
    };
  }

  async #leavesOfAgent(leaves: readonly LogLeafRow[], agentId: string): Promise<LogLeafRow[]> {
    const subjects = [...new Set(leaves.map((leaf) => ownedSubject(leaf.subject_id)))];
    const statement = findSubjectsOfAgent(agentId, subjects);
    const rows = await queryRows<AgentSubjectRow>(this.#options.pool, statement);
    const own = new Set(rows.map((row) => row.subject_id));
    return leaves.filter((leaf) => own.has(ownedSubject(leaf.subject_id)));
  }
}

/** A card is its request's. */
function ownedSubject(subjectId: string): string {
  return subjectId.startsWith('card_') ? requestIdOfCard(subjectId) : subjectId;
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

// record/event-feed.ts: tells this process' event streams and long polls what entered the log. Polls the log's size, and
// only while somebody waits: a LISTEN would need a connection of its own, breaks behind a transaction pooler, and
// saves at most one poll of latency where this process' gate and sequencer wake the feed anyway.
// INVARIANT: whoever goes on from `scannedTo` sees every leaf once, in order, at its own pace.
import type { Pool } from 'pg';

import { queryRows } from '../db/query-rows.ts';
import { requestIdOfCard } from '../ids.ts';
import { type ChangedSubjectRow, findChangedSubjects } from '../ledger/find-changed-subjects.ts';
import { type AgentSubjectRow, findSubjectsOfAgent } from '../ledger/find-subjects-of-agent.ts';
import { type LogLeafRow, readLogLeaves } from '../ledger/read-log-leaves.ts';
import { type LogSizeRow, readLogSize } from '../ledger/read-log-size.ts';
import { type LogEvent, eventPayload, shapeEvents } from './event-data.ts';
import { eventTypeCode } from './event-type-code.ts';

export interface EventFeedOptions {
  readonly pool: Pool;
  readonly log: { warn(details: object, message: string): void };
  /** Milliseconds between two looks at the log while somebody waits. Default 100. */
  readonly pollMs?: number;
}

/** One event as it leaves Countersign: `json` is its payload `{type,timestamp,data}` as text, written once. */
export interface StreamEvent {
  readonly leafIndex: number;
  readonly type: string;
  readonly subjectId: string;
  readonly json: string;
}

export interface EventQuery {
  /** Only events with a greater leaf index; -1: from the beginning. */
  readonly after: number;
  readonly limit: number;
  /** Exact types, or groups such as `purchase.*`; null: all. */
  readonly types: readonly string[] | null;
  /** Only events about this agent's requests, cards and checks; null: all. */
  readonly agentId: string | null;
}

export interface EventPage {
  readonly events: readonly StreamEvent[];
  /** The last leaf that was looked at, to go on after; `after` itself where there was none. */
  readonly scannedTo: number;
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
const PAGE_EVENTS_MAX = 1_000;
const PAGES_KEPT = 32;

export class EventFeed {
  readonly #options: EventFeedOptions;
  readonly #bySubject = new Map<string, Set<SubjectWaiter>>();
  readonly #forLeaves = new Set<LeafWaiter>();
  /** Pages being read or just read: streams at the same place share one query. */
  readonly #pages = new Map<string, Promise<EventPage>>();
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

  /**
   * Resolves when the subject may have changed, here or in another gateway, when the time is over, or when `signal`
   * aborts. Listens from the moment it is called: call it, then read the state, then wait; when the state is still
   * the old one, do so again until your own time is over (a wait may end without a change).
   */
  waitForChange(subjectId: string, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    return this.#wait(timeoutMs, signal, (settle) => ({ kind: 'subject', subjectId, settle }));
  }

  /** Resolves when the log has a leaf beyond `after`, when the time is over, or when `signal` aborts. */
  waitForLeaf(after: number, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (this.#size !== null && this.#size - 1 > after) return Promise.resolve();
    return this.#wait(timeoutMs, signal, (settle) => ({ kind: 'leaf', after, settle }));
  }

  /** Leaf index of the newest event; -1: none. */
  async newest(): Promise<number> {
    return (await this.#readSize()) - 1;
  }

  /** Events in the log's order, at most 1,000 a page. */
  async list(query: EventQuery): Promise<EventPage> {
    const to = this.#size !== null && this.#size - 1 > query.after ? this.#size : await this.#readSize();
    if (to - 1 <= query.after) return { events: [], scannedTo: query.after };
    const key = JSON.stringify([query.after, to, query.limit, query.types, query.agentId]);
    const known = this.#pages.get(key);
    if (known !== undefined) return known;
    const page = this.#readPage(query, to);
    this.#pages.set(key, page);
    page.catch(() => this.#pages.delete(key));
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= PAGES_KEPT) break;
      this.#pages.delete(oldest);
    }
    return page;
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

  #wait(
    timeoutMs: number,
    signal: AbortSignal | undefined,
    waiterWith: (settle: () => void) => Waiter,
  ): Promise<void> {
    if (this.#isClosed || signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', settle);
        this.#remove(waiter);
        resolve();
      };
      const timer = setTimeout(settle, timeoutMs);
      const waiter = waiterWith(settle);
      signal?.addEventListener('abort', settle, { once: true });
      this.#add(waiter);
      this.#schedule();
    });
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

  async #readPage(query: EventQuery, to: number): Promise<EventPage> {
    const limit = Math.max(1, Math.min(query.limit, PAGE_EVENTS_MAX));
    const range = { from: query.after + 1, to, limit, typeCodes: typeCodesOf(query.types) };
    const leaves = await queryRows<LogLeafRow>(this.#options.pool, readLogLeaves(range));
    const last = leaves.length < limit ? undefined : leaves.at(-1);
    const wanted = query.agentId === null ? leaves : await this.#leavesOfAgent(leaves, query.agentId);
    const events = await shapeEvents(this.#options.pool, wanted);
    return {
      events: events.filter((event) => isWanted(query.types, event.type)).map(streamEventOf),
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

/** null where a group is wanted: it has no code of its own. */
function typeCodesOf(types: readonly string[] | null): number[] | null {
  if (types === null || types.some((type) => type.endsWith('*'))) return null;
  return types.map(eventTypeCode);
}

function isWanted(types: readonly string[] | null, type: string): boolean {
  if (types === null) return true;
  return types.some((wanted) =>
    wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : wanted === type,
  );
}

function streamEventOf(event: LogEvent): StreamEvent {
  return { leafIndex: event.id, type: event.type, subjectId: event.subjectId, json: eventPayload(event) };
}

// gate/gate.ts: the data plane's door. Commands queue here; one flusher takes up to a batch at a time, decides it in one
// transaction and answers. Owns the queue; nothing else in the process decides a purchase.
// INVARIANT: a caller is answered only after its row has committed.
import { setImmediate as nextTurn } from 'node:timers/promises';

import { isConnectionLoss } from '../db/database-error.ts';
import type { GateAnswer, GateRequest } from './command.ts';
import { type Arrival, type FlushResult, flushBatch, prepareEarly } from './flush-batch.ts';
import type { FlushContext } from './flush-context.ts';

/** Commands that wait at most: beyond it the ledger is too slow, and waiting longer helps nobody. */
const QUEUED_MAX = 50_000;
const GATHERED_SHARE = 0.8;
const GATHER_TURNS_MAX = 12;

interface Queued {
  readonly arrival: Arrival;
  readonly resolve: (answer: GateAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** The ledger could not be reached, so nothing was executed. */
export class LedgerUnavailableError extends Error {
  override readonly name = 'LedgerUnavailableError';
  readonly code = 'ledger_unavailable';
}

export interface GateObserver {
  /** After each batch has committed. Durations in milliseconds. */
  readonly flushed?: (batch: { size: number; durationMs: number; queued: number }) => void;
  readonly failed?: (error: unknown, size: number) => void;
  /** Subjects whose state changed in this process, at once after the commit. */
  readonly changed?: (subjectIds: readonly string[]) => void;
}

export class Gate {
  readonly #context: FlushContext;
  readonly #observer: GateObserver;
  #queue: Queued[] = [];
  #flushing: Promise<void> | null = null;
  #lastSize = 1;
  #closed = false;

  constructor(context: FlushContext, observer: GateObserver = {}) {
    this.#context = context;
    this.#observer = observer;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** Queues a command; resolves with its outcome once that is durable. Rejects when nothing was done, or it is unknown. */
  submit(request: GateRequest): Promise<GateAnswer> {
    if (this.#closed) return Promise.reject(new LedgerUnavailableError('the gateway is shutting down'));
    if (this.#queue.length >= QUEUED_MAX) {
      return Promise.reject(new LedgerUnavailableError('too many commands are waiting for the ledger'));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ arrival: prepareEarly(request, this.#context), resolve, reject });
      this.#flushing ??= this.#flushAll();
    });
  }

  /** Refuses new commands and waits until the queued ones are answered. */
  async drain(): Promise<void> {
    this.#closed = true;
    await this.#flushing;
  }

  async #flushAll(): Promise<void> {
    await Promise.resolve(); // what is submitted in one go shares a batch
    let answer: (() => void) | null = null;
    while (this.#queue.length > 0) {
      await this.#gather();
      const batch = this.#queue.splice(0, this.#context.settings.batchSizeMax);
      this.#lastSize = batch.length;
      const deciding = this.#flush(batch);
      if (answer !== null) {
        // The database takes the next batch's locks while this process answers the last one and hears its callers again.
        await nextTurn();
        answer();
      }
      answer = await deciding;
      if (this.#queue.length > 0) continue;
      answer();
      answer = null;
      await Promise.resolve(); // who was answered and asks again at once is in the queue by now
    }
    this.#flushing = null;
  }

  /**
   * Callers that were answered together come back one by one: a batch that took the first of them would leave the others
   * to a second one. Waits a few turns for about as many as last time; a caller alone waits for nobody.
   */
  async #gather(): Promise<void> {
    const enough = Math.min(this.#lastSize, this.#context.settings.batchSizeMax) * GATHERED_SHARE;
    for (let turn = 0; turn < GATHER_TURNS_MAX && this.#queue.length < enough; turn += 1) await nextTurn();
  }

  /** Decides a batch; what is returned answers its callers. */
  async #flush(batch: readonly Queued[]): Promise<() => void> {
    const started = performance.now();
    try {
      const result = await flushBatch(
        batch.map((queued) => queued.arrival),
        this.#context,
      );
      // First, so that they are not overtaken by those that came later.
      this.#queue.unshift(...result.retry.flatMap((index) => batch[index] ?? []));
      return () => {
        this.#answer(batch, result, performance.now() - started);
      };
    } catch (error) {
      this.#tell(() => this.#observer.failed?.(error, batch.length));
      await this.#failed(batch, error);
      return () => undefined;
    }
  }

  /** INVARIANT: the batch has committed. Nothing in here may decide any of it again. */
  #answer(batch: readonly Queued[], result: FlushResult, durationMs: number): void {
    const changed: string[] = [];
    for (const [index, queued] of batch.entries()) {
      const answer = result.answers[index];
      if (result.failures.has(index)) queued.reject(rejectionOf(result.failures.get(index)));
      if (answer === undefined) continue;
      if (answer.ok && !answer.replayed) changed.push(answer.entry.subjectId);
      const siblings = result.siblings.get(index);
      if (siblings === undefined) queued.resolve(answer);
      else void this.#decideAgain(siblings).then(() => queued.resolve(answer));
    }
    if (changed.length > 0) this.#tell(() => this.#observer.changed?.(changed));
    this.#tell(() =>
      this.#observer.flushed?.({ size: batch.length, durationMs, queued: this.#queue.length }),
    );
  }

  /**
   * Purchases that turn out to be parts of a split order wait for a human too. From the commit that stopped the later one
   * none of them can be charged (split_order runs at the till); this makes it visible before the caller is answered. What
   * fails here is done by a job (follow-stops.ts).
   */
  async #decideAgain(requestIds: readonly string[]): Promise<void> {
    const caller = { kind: 'system', name: 'gate' } as const;
    await Promise.allSettled(
      requestIds.map((requestId) => this.submit({ command: { kind: 'revalidate', requestId }, caller })),
    );
  }

  /** An observer that throws must not end the flusher. */
  #tell(observe: () => void): void {
    try {
      observe();
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error), { code: 'COUNTERSIGN_OBSERVER' });
    }
  }

  /** An ordinary failure rejects the batch's callers; a fault in the data of one command must not reject the others. */
  async #failed(batch: readonly Queued[], error: unknown): Promise<void> {
    if (isConnectionLoss(error)) {
      await this.#spool(batch);
      for (const queued of batch) {
        queued.reject(rejectionOf(error));
      }
      return;
    }
    if (batch.length === 1 || isOutcomeUnknown(error)) {
      for (const queued of batch) queued.reject(error);
      return;
    }
    for (const queued of batch) (await this.#flush([queued]))();
  }

  /** Attempts that found no ledger are kept on disk until it is back. */
  async #spool(batch: readonly Queued[]): Promise<void> {
    const attempts = batch.flatMap(({ arrival: { request, early } }) =>
      early !== null && 'kind' in early.slot
        ? [
            {
              subjectId: early.slot.resourceId,
              caller: request.caller,
              atMs: this.#context.now(),
              terms: early.slot.terms,
            },
          ]
        : [],
    );
    if (attempts.length === 0) return;
    try {
      await this.#context.spool?.append(attempts);
    } catch (error) {
      this.#tell(() => this.#observer.failed?.(error, attempts.length));
    }
  }
}

function rejectionOf(error: unknown): unknown {
  return isConnectionLoss(error)
    ? new LedgerUnavailableError('the ledger is not available', { cause: error })
    : error;
}

function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'outcome_unknown';
}

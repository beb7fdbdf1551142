// record/attempt-spool.ts: attempts made while the ledger was away. They executed nothing, but they were made: each is
// written to disk before its caller is answered, and enters the log when the ledger is back. Terms only, no free text.
// INVARIANT: an attempt is logged at least once and, by its subject, at most once.
import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';

import { errorCodeOf } from '../db/database-error.ts';
import type { Writer } from '../db/writer.ts';
import { findRecordedSubjects } from '../ledger/find-recorded-subjects.ts';
import type { Caller } from './caller.ts';
import { recordBatch } from './record-batch.ts';
import { takeEntries } from './take-entries.ts';
import type { Json, Recorder } from './recorder.ts';

export interface Attempt {
  readonly subjectId: string;
  readonly caller: Caller;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly terms: Readonly<Record<string, Json>>;
}

/** Entries per transaction: a promise covers at most 512. */
const RECORDED_AT_ONCE = 500;

export class AttemptSpool {
  readonly #file: string;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(file: string) {
    this.#file = file;
  }

  /** Resolves when the attempts are on disk. */
  append(attempts: readonly Attempt[]): Promise<void> {
    const written = this.#writing.then(() => this.#append(attempts));
    this.#writing = written.catch(() => undefined);
    return written;
  }

  /** Logs what was spooled, if anything; returns how many attempts. Rejects while the ledger is still away. */
  async record(context: {
    readonly writer: Writer;
    readonly recorder: Recorder;
    readonly nowMs: number;
  }): Promise<number> {
    const taken = `${this.#file}.recording`;
    await this.#take(taken);
    const attempts = await readAttempts(taken);
    for (let start = 0; start < attempts.length; start += RECORDED_AT_ONCE) {
      await recordSome(attempts.slice(start, start + RECORDED_AT_ONCE), context);
    }
    await rm(taken, { force: true });
    return attempts.length;
  }

  async #append(attempts: readonly Attempt[]): Promise<void> {
    const file = await open(this.#file, 'a', 0o600);
    await using(file, async () => {
      await file.appendFile(attempts.map((attempt) => `${JSON.stringify(attempt)}\n`).join(''));
      await file.sync();
    });
  }

  /** Moves the spool aside, unless an earlier one is still to be recorded after a crash. */
  #take(taken: string): Promise<void> {
    const moved = this.#writing.then(async () => {
      if ((await readAttempts(taken)).length > 0) return;
      try {
        await rename(this.#file, taken);
      } catch (error) {
        if (errorCodeOf(error) !== 'ENOENT') throw error;
      }
    });
    this.#writing = moved.catch(() => undefined);
    return moved;
  }
}

async function using(file: FileHandle, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    await file.close();
  }
}

/** A line cut short by a crash was never acknowledged, and is left out. */
async function readAttempts(path: string): Promise<Attempt[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errorCodeOf(error) === 'ENOENT') return '';
    throw error;
  });
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Attempt); // written by append only
}

async function recordSome(
  attempts: readonly Attempt[],
  {
    writer,
    recorder,
    nowMs,
  }: { readonly writer: Writer; readonly recorder: Recorder; readonly nowMs: number },
): Promise<void> {
  await writer.transaction(async (tx) => {
    const known = await tx.query<{ subject_id: string }>(
      findRecordedSubjects(attempts.map((attempt) => attempt.subjectId)),
    );
    const recorded = new Set(known.rows.map((row) => row.subject_id));
    const missing = attempts.filter((attempt) => !recorded.has(attempt.subjectId));
    if (missing.length === 0) return { result: undefined };
    const { entryIds, transactionId } = await takeEntries(tx, missing.length);
    const sealed = recorder.seal(
      entryIds,
      missing.map((attempt) => ({
        type: 'purchase.unavailable',
        subjectId: attempt.subjectId,
        actor: attempt.caller,
        body: {
          attempted_at: new Date(attempt.atMs).toISOString(),
          decision: { outcome: 'denied', reason_code: 'ledger_unavailable' },
          terms: attempt.terms,
        },
      })),
      nowMs,
    );
    recordBatch(tx, sealed);
    return { result: undefined, commit: { ...sealed, transactionId } };
  });
}

// jobs/job-loop.ts: runs a background job again and again: never twice at once, slower after failures, to its end on stop.
// Must not let a failing job end the process.
import { setTimeout as sleep } from 'node:timers/promises';

export interface JobLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface JobOptions {
  readonly name: string;
  /** Does one bounded piece of work. `again`: there is more, run at once; `idle`: wait first. */
  readonly run: (signal: AbortSignal) => Promise<'again' | 'idle'>;
  /** Milliseconds between runs that found nothing to do. */
  readonly idleMs: number;
  readonly log: JobLog;
  /** Milliseconds after the first failure, doubled for each further one. Default 250, at most 30 s. */
  readonly retryMs?: number;
  /** Waits, and rejects when the signal aborts. Default: timers. */
  readonly delay?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** What may be logged of a failure. Default: its code, or its name and message. */
  readonly describe?: (error: unknown) => object;
}

export interface Job {
  /** Ends a wait, so that the job runs now (again, if it is running). */
  wake(): void;
  /** Lets the run under way finish and runs no more. */
  stop(): Promise<void>;
}

const RETRY_MS = 250;
const RETRY_MS_MAX = 30_000;

export function startJob(options: JobOptions): Job {
  const delay = options.delay ?? ((ms, signal) => sleep(ms, undefined, { signal }));
  let isStopping = false;
  let isWoken = false;
  let isIdle = false;
  // One controller per wait: signals derived from a long-lived one would pile up.
  let waiting = new AbortController();
  const stopping = new AbortController();

  const wait = async (ms: number): Promise<void> => {
    waiting = new AbortController();
    await delay(ms, waiting.signal).catch(() => undefined);
  };
  const runOnce = async (): Promise<'again' | 'idle' | 'stopped' | number> => {
    try {
      return await options.run(stopping.signal);
    } catch (error) {
      if (isStopped()) return 'stopped';
      failures += 1;
      const retryMs = Math.min((options.retryMs ?? RETRY_MS) * 2 ** (failures - 1), RETRY_MS_MAX);
      const details = {
        job: options.name,
        failures,
        retry_ms: retryMs,
        ...(options.describe ?? describe)(error),
      };
      options.log.error(details, `the job \`${options.name}\` failed and will run again`);
      return retryMs;
    }
  };
  // A function, because the compiler takes a flag that it saw false for false after an await too.
  const isStopped = (): boolean => isStopping;
  let failures = 0;
  const loop = async (): Promise<void> => {
    while (!isStopped()) {
      isWoken = false;
      const outcome = await runOnce();
      if (outcome === 'stopped' || isStopped()) return;
      if (typeof outcome === 'number') {
        await wait(outcome); // a failing job is not woken before its time
        continue;
      }
      failures = 0;
      if (outcome === 'again' || wasWoken()) continue;
      isIdle = true;
      await wait(options.idleMs);
      isIdle = false;
    }
  };
  const wasWoken = (): boolean => isWoken;
  const ended = loop();
  return {
    wake() {
      isWoken = true;
      if (isIdle) waiting.abort();
    },
    stop() {
      isStopping = true;
      stopping.abort();
      waiting.abort();
      return ended;
    },
  };
}

function describe(error: unknown): object {
  if (!(error instanceof Error)) return { error: String(error) };
  const code: unknown = Reflect.get(error, 'code');
  return { error: error.name, message: error.message, ...(typeof code === 'string' ? { code } : {}) };
}

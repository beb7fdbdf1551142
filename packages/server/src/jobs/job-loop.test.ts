import { describe, expect, it } from 'vitest';

import { collectingLog } from '../../../../tests/harness/test-log.ts';
import { startJob } from './job-loop.ts';

/** A delay that ends when the test says so, or when its signal aborts. */
function controlledDelay() {
  const waits: { ms: number; end: () => void }[] = [];
  return {
    waits,
    delay: (ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        waits.push({ ms, end: resolve });
        signal.addEventListener('abort', () => reject(new Error('aborted')));
      }),
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('a job', () => {
  it('runs again at once while there is more, and waits when it is idle', async () => {
    const { waits, delay } = controlledDelay();
    let runs = 0;
    const run = async () => (++runs % 3 === 0 ? ('idle' as const) : ('again' as const));
    const job = startJob({ name: 'test', idleMs: 40, log: collectingLog(), delay, run });
    await until(() => waits.length === 1);
    expect(runs).toBe(3);
    waits[0]!.end();
    await until(() => waits.length === 2);
    expect(runs).toBe(6);
    expect(waits.map(({ ms }) => ms)).toEqual([40, 40]);
    await job.stop();
  });

  it('backs off after failures, logs them, and recovers', async () => {
    const { waits, delay } = controlledDelay();
    const log = collectingLog();
    let runs = 0;
    const run = async (): Promise<'idle'> => {
      runs += 1;
      if (runs <= 9) throw Object.assign(new Error('no database'), { code: '08006' });
      return 'idle';
    };
    const job = startJob({ name: 'test', idleMs: 40, log, delay, retryMs: 250, run });
    for (let wait = 0; wait < 9; wait += 1) {
      await until(() => waits.length === wait + 1);
      waits[wait]!.end();
    }
    await until(() => waits.length === 10);
    expect(waits.map(({ ms }) => ms)).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 40]);
    expect(log.messages).toHaveLength(9);
    await job.stop();
  });

  it('never overlaps, and a wake during a run makes it run once more', async () => {
    const { waits, delay } = controlledDelay();
    let running = 0;
    let most = 0;
    let runs = 0;
    let release: () => void = () => undefined;
    const run = async (): Promise<'idle'> => {
      runs += 1;
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => (release = resolve));
      running -= 1;
      return 'idle';
    };
    const job = startJob({ name: 'test', idleMs: 1, log: collectingLog(), delay, run });
    job.wake();
    job.wake();
    release();
    await until(() => runs === 2);
    release();
    await until(() => waits.length === 1);
    job.wake();
    await until(() => runs === 3);
    release();
    await job.stop();
    expect(most).toBe(1);
    expect(runs).toBe(3);
  });

  it('lets the run under way finish when it stops, and tells it', async () => {
    let finished = false;
    let told = false;
    const run = async (signal: AbortSignal): Promise<'again'> => {
      signal.addEventListener('abort', () => (told = true));
      await new Promise((resolve) => setTimeout(resolve, 30));
      finished = true;
      return 'again';
    };
    const job = startJob({ name: 'test', idleMs: 1, log: collectingLog(), run });
    await job.stop();
    expect({ finished, told }).toEqual({ finished: true, told: true });
  });
});

// jobs/record-attempts.ts: brings attempts that were made while the ledger was away into the log.
import type { Writer } from '../db/writer.ts';
import type { AttemptSpool } from '../record/attempt-spool.ts';
import type { Recorder } from '../record/recorder.ts';
import { type Job, type JobLog, startJob } from './job-loop.ts';

const IDLE_MS = 2_000;

export function recordAttempts(options: {
  readonly spool: AttemptSpool;
  readonly writer: Writer;
  readonly recorder: Recorder;
  readonly now: () => number;
  readonly log: JobLog;
}): Job {
  const { spool, writer, recorder, now, log } = options;
  return startJob({
    name: 'record-attempts',
    idleMs: IDLE_MS,
    log,
    run: async () => {
      const count = await spool.record({ writer, recorder, nowMs: now() });
      if (count > 0) log.info({ count }, 'recorded attempts that were made while the ledger was away');
      return 'idle';
    },
  });
}

// jobs/sequence-log.ts: keeps the tree up to date: what was committed is integrated and signed within a second.
import { describeDatabaseError } from '../db/database-error.ts';
import { LogError } from '../record/log-error.ts';
import type { Sequencer } from '../record/sequencer.ts';
import { type Job, type JobLog, startJob } from './job-loop.ts';

/** Often enough for a second, seldom enough that batches are worth their transaction. */
const IDLE_MS = 120;

export function sequenceLog(options: {
  readonly sequencer: Pick<Sequencer, 'run'>;
  readonly log: JobLog;
  readonly idleMs?: number;
}): Job {
  return startJob({
    name: 'sequence-log',
    idleMs: options.idleMs ?? IDLE_MS,
    log: options.log,
    describe: (error) =>
      error instanceof LogError ? { code: error.code, message: error.message } : describeDatabaseError(error),
    run: async () => {
      const run = await options.sequencer.run();
      return run.outcome === 'appended' && run.more ? 'again' : 'idle';
    },
  });
}

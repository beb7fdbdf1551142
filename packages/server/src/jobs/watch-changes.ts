// jobs/watch-changes.ts: lets drafts lapse that nobody has reviewed, and alerts about emergencies that nobody has reviewed in
// time. The control plane decides under its lock whether their time is over.
import type { Changes } from '../admin/changes.ts';
import { type Job, type JobLog, startJob } from './job-loop.ts';

export interface WatchChangesOptions {
  readonly changes: Pick<Changes, 'endOverdue'>;
  readonly log: JobLog;
  readonly idleMs?: number;
}

const IDLE_MS = 10_000;

export function watchChanges({ changes, log, idleMs = IDLE_MS }: WatchChangesOptions): Job {
  return startJob({
    name: 'watch-changes',
    idleMs,
    log,
    run: async () => {
      const lapsed = await changes.endOverdue();
      if (lapsed > 0) log.info({ lapsed }, 'changes lapsed without a review');
      return 'idle';
    },
  });
}

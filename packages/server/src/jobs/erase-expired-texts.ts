// jobs/erase-expired-texts.ts: erases text whose retention is over, once a day and soon after a start. What may go is decided
// by the control plane, piece by piece, under its lock.
import type { Retention } from '../admin/retention.ts';
import { type Job, type JobLog, startJob } from './job-loop.ts';

export interface EraseExpiredTextsOptions {
  readonly retention: Pick<Retention, 'eraseExpired'>;
  readonly log: JobLog;
  readonly idleMs?: number;
}

const IDLE_MS = 24 * 3_600_000;

export function eraseExpiredTexts({ retention, log, idleMs = IDLE_MS }: EraseExpiredTextsOptions): Job {
  return startJob({
    name: 'erase-expired-texts',
    idleMs,
    log,
    run: async (signal) => {
      const erased = await retention.eraseExpired(signal);
      if (erased > 0) log.info({ erased }, 'text was erased whose retention is over');
      return 'idle';
    },
  });
}

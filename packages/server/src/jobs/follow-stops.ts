// jobs/follow-stops.ts: has the siblings of a purchase that was stopped for their sum decided again. The gate does it before
// it answers; this finishes what a crash left open. Until then none of them can be charged: split_order runs at the till.
import type { Pool } from 'pg';

import { queryRows } from '../db/query-rows.ts';
import type { GateAnswer, GateRequest } from '../gate/command.ts';
import { type UnfollowedStopRow, listUnfollowedStops } from '../ledger/list-unfollowed-stops.ts';
import { markStopFollowed } from '../ledger/mark-stop-followed.ts';
import type { SystemCaller } from '../record/caller.ts';
import { type Job, type JobLog, startJob } from './job-loop.ts';

export interface FollowStopsOptions {
  readonly pool: Pool;
  readonly gate: { submit(request: GateRequest): Promise<GateAnswer> };
  readonly log: JobLog;
  readonly idleMs?: number;
}

const IDLE_MS = 1_000;
const STOPS_MAX = 100;
const CALLER: SystemCaller = { kind: 'system', name: 'follow-stops' };

export function followStops(options: FollowStopsOptions): Job {
  return startJob({
    name: 'follow-stops',
    idleMs: options.idleMs ?? IDLE_MS,
    log: options.log,
    run: async () => ((await followOnce(options)) === STOPS_MAX ? 'again' : 'idle'),
  });
}

/** Returns how many stopped purchases it went through. */
export async function followOnce({ pool, gate }: Pick<FollowStopsOptions, 'pool' | 'gate'>): Promise<number> {
  const stops = await queryRows<UnfollowedStopRow>(pool, listUnfollowedStops(STOPS_MAX));
  for (const { group_key: groupKey, sibling_ids: siblingIds, entry_id: entryId } of stops) {
    // A refusal is an answer: it was charged, or ended, or still stands. A failure leaves the stop for the next round.
    await Promise.all(
      siblingIds.map((requestId) =>
        gate.submit({ command: { kind: 'revalidate', requestId }, caller: CALLER }),
      ),
    );
    await queryRows(pool, markStopFollowed({ groupKey, entryId }));
  }
  return stops.length;
}

// jobs/watch-approvals.ts: what silence and haste lead to: reminders and escalations of approvals that nobody signs, and
// alerts about approvers who sign without a look. The gate decides under its locks what is really due, so that each
// reminder is one log entry although several gateways ask. Clause: AG-642 4.5.
import type { Pool } from 'pg';

import { queryRows } from '../db/query-rows.ts';
import { readHabits } from '../gate/approval-reads.ts';
import type { GateAnswer, GateRequest } from '../gate/command.ts';
import type { Configuration } from '../gate/configuration.ts';
import { type DueApprovalRow, findDueApprovals } from '../ledger/find-due-approvals.ts';
import type { SystemCaller } from '../record/caller.ts';
import type { AlertDraft, RaisedAlert } from '../record/raise-alert.ts';
import { type Job, type JobLog, startJob } from './job-loop.ts';

export interface WatchApprovalsOptions {
  readonly pool: Pool;
  readonly gate: { submit(request: GateRequest): Promise<GateAnswer> };
  readonly configuration: { fresh(): Promise<Configuration> };
  readonly raise: (alert: AlertDraft) => Promise<RaisedAlert>;
  readonly log: JobLog;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly idleMs?: number;
  /** Approvals handed to the gate at once. */
  readonly batchMax?: number;
}

const NAME = 'watch-approvals';
const IDLE_MS = 1_000;
const BATCH_MAX = 100;
const CALLER: SystemCaller = { kind: 'system', name: NAME };
/** Milliseconds between two looks at how approvers decide. */
const HABITS_EVERY_MS = 15 * 60_000;
const DAY_MS = 86_400_000;
/** Decisions of so many milliseconds are looked at. */
const HABITS_WINDOW_MS = 7 * DAY_MS;

export function watchApprovals(options: WatchApprovalsOptions): Job {
  let lookedAtMs = -Infinity;
  return startJob({
    name: NAME,
    idleMs: options.idleMs ?? IDLE_MS,
    log: options.log,
    run: async (signal) => {
      await nudgeOnce(options, signal);
      if (options.now() - lookedAtMs >= HABITS_EVERY_MS) {
        await watchHabits(options);
        lookedAtMs = options.now();
      }
      return 'idle';
    },
  });
}

/** Goes through every approval of which something is due by now, once, and through what is due of each. */
export async function nudgeOnce(options: WatchApprovalsOptions, signal?: AbortSignal): Promise<number> {
  const { pool, now, batchMax: limit = BATCH_MAX } = options;
  const nowMs = now();
  let nudges = 0;
  let after: { dueAt: Date; id: string } | null = null;
  for (;;) {
    if (signal?.aborted === true) return nudges;
    const rows: DueApprovalRow[] = await queryRows<DueApprovalRow>(
      pool,
      findDueApprovals({ nowMs, after, limit }),
    );
    const done = await Promise.all(rows.map((row) => nudge(options, row.request_id)));
    for (const count of done) nudges += count;
    const last = rows.at(-1);
    if (last === undefined || rows.length < limit) return nudges;
    after = { dueAt: last.next_due_at, id: last.request_id };
  }
}

/** Of several steps that are due at the same time each is one command. */
const NUDGES_AT_ONCE_MAX = 50;

async function nudge({ gate, log }: WatchApprovalsOptions, requestId: string): Promise<number> {
  for (let nudges = 0; nudges < NUDGES_AT_ONCE_MAX; nudges += 1) {
    const answer = await gate.submit({ command: { kind: 'nudge', requestId }, caller: CALLER });
    if (answer.ok) continue;
    // Signed at the same moment, or another gateway was faster.
    if (answer.code !== 'nothing_due') {
      log.info({ request_id: requestId, code: answer.code }, 'nobody was reminded of an approval after all');
    }
    return nudges;
  }
  return NUDGES_AT_ONCE_MAX;
}

/** An alert a day at most for each approver whose decisions of the last week look like rubber-stamping. */
export async function watchHabits(options: WatchApprovalsOptions): Promise<number> {
  const { pool, configuration, raise, now } = options;
  const nowMs = now();
  const query = { fromMs: nowMs - HABITS_WINDOW_MS, untilMs: nowMs + 1, approverId: null };
  const all = await readHabits(pool, await configuration.fresh(), query);
  let raised = 0;
  for (const habits of all) {
    if (habits.rubberStamping === null) continue;
    const day = new Date(nowMs).toISOString().slice(0, 10);
    const { isNew } = await raise({
      kind: 'approvals.rubber_stamping',
      severity: 'warning',
      subject: { type: 'approver', id: habits.principal_id },
      message: habits.rubberStamping,
      evidence: {
        active_hours: habits.active_hours,
        approved: habits.approved,
        decisions: habits.decisions,
        median_seconds: habits.median_seconds,
        p10_seconds: habits.p10_seconds,
        peak_per_hour: habits.peak,
        unopened: habits.unopened,
        window_days: HABITS_WINDOW_MS / DAY_MS,
      },
      dedupeKey: `approvals.rubber_stamping/${habits.principal_id}/${day}`,
      raisedBy: NAME,
    });
    if (isNew) raised += 1;
  }
  return raised;
}

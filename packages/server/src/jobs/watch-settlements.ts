// jobs/watch-settlements.ts: follows the log and raises an alert for money that moved past what was authorized: a clearing
// above its authorization, an exchange difference, a clearing without any. It is posted already; this makes it heard.
// Exactly once over several gateways: the lock on the place in the log is the election, an alert has a dedupe key. Alerts
// are raised before that place moves on: a crash raises none twice and forgets none.
import type { PoolClient } from 'pg';

import type { Database } from '../db/connect.ts';
import { queryRows } from '../db/query-rows.ts';
import { settlementAlert } from '../gate/settlement-alert.ts';
import { advanceSignalProgress } from '../ledger/advance-signal-progress.ts';
import { type SignalProgressRow, claimSignalProgress } from '../ledger/claim-signal-progress.ts';
import { type EntryOfTypeRow, readEntriesOfType } from '../ledger/read-entries-of-type.ts';
import { eventTypeCode } from '../record/event-type-code.ts';
import { type AlertContext, raiseAlert } from '../record/raise-alert.ts';
import { type Job, type JobLog, startJob } from './job-loop.ts';

export interface WatchSettlementsOptions extends AlertContext {
  readonly database: Pick<Database, 'transaction'>;
  readonly log: JobLog;
  readonly idleMs?: number;
}

const NAME = 'watch-settlements';
const IDLE_MS = 2_000;
/** Leaves looked at in one run. */
const LEAVES_MAX = 5_000;
const SETTLEMENT = eventTypeCode('settlement.posted');

export function watchSettlements(options: WatchSettlementsOptions): Job {
  return startJob({
    name: NAME,
    idleMs: options.idleMs ?? IDLE_MS,
    log: options.log,
    run: () => watchSettlementsOnce(options),
  });
}

/** `again`: the log goes on. */
export async function watchSettlementsOnce(options: WatchSettlementsOptions): Promise<'again' | 'idle'> {
  return options.database.transaction((client) => lookAtNext(client, options));
}

async function lookAtNext(client: PoolClient, options: WatchSettlementsOptions): Promise<'again' | 'idle'> {
  const [progress] = await queryRows<SignalProgressRow>(client, claimSignalProgress('settlements'));
  if (progress === undefined) return 'idle'; // another gateway is at it
  const from = Number(progress.next_leaf);
  const size = Number(progress.size);
  const to = Math.min(from + LEAVES_MAX, size);
  if (from === to) return 'idle';
  const rows = await queryRows<EntryOfTypeRow>(client, readEntriesOfType({ from, to, typeCode: SETTLEMENT }));
  for (const row of rows) {
    const alert = settlementAlert(row);
    if (alert !== null) await raiseAlert(options, { ...alert, raisedBy: NAME });
  }
  await queryRows(client, advanceSignalProgress('settlements', to));
  return to < size ? 'again' : 'idle';
}

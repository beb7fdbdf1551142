// jobs/forecast-budgets.ts: follows the log, adds up what each budget is used by day by day, and raises the alerts of budgets: 50, 80
// and 100 % used, and a projected end before the period's. Clause: AG-642 4.11.
// Exactly once over several gateways: sums and the place in the log change in one transaction, whose lock is the election.
// Alerts are raised before it commits, by dedupe keys: a crash raises none twice and forgets none.
import type { PoolClient } from 'pg';

import {
  type BudgetOutlook,
  type BudgetStanding,
  amountIn,
  dateOf,
  outlookOf,
  standingOf,
} from '../admin/budget-outlook.ts';
import { currencyOf } from '../admin/budget-view.ts';
import type { Database } from '../db/connect.ts';
import { queryRows } from '../db/query-rows.ts';
import { type ChangedBudgetRow, addBudgetDays } from '../ledger/add-budget-days.ts';
import { advanceSignalProgress } from '../ledger/advance-signal-progress.ts';
import { type SignalProgressRow, claimSignalProgress } from '../ledger/claim-signal-progress.ts';
import { findBudget } from '../ledger/find-budget.ts';
import type { StoredBudgetRow } from '../ledger/insert-budget.ts';
import { type EntryOfTypeRow, readEntriesOfType } from '../ledger/read-entries-of-type.ts';
import { eventTypeCode } from '../record/event-type-code.ts';
import { type AlertContext, type AlertSeverity, raiseAlert } from '../record/raise-alert.ts';
import { type Job, type JobLog, startJob } from './job-loop.ts';

export interface ForecastBudgetsOptions extends AlertContext {
  readonly database: Pick<Database, 'transaction'>;
  readonly log: JobLog;
  readonly idleMs?: number;
}

const NAME = 'forecast-budgets';
const IDLE_MS = 2_000;
/** Leaves added up in one run. */
const LEAVES_MAX = 5_000;
const SNAPSHOT = eventTypeCode('budget.snapshot_received');

/** Percent of the limit, the highest first. */
const USAGE_LEVELS: readonly (readonly [percent: bigint, severity: AlertSeverity])[] = [
  [100n, 'critical'],
  [80n, 'warning'],
  [50n, 'info'],
];

export function forecastBudgets(options: ForecastBudgetsOptions): Job {
  return startJob({
    name: NAME,
    idleMs: options.idleMs ?? IDLE_MS,
    log: options.log,
    run: () => forecastOnce(options),
  });
}

/** `again`: the log goes on. */
export async function forecastOnce(options: ForecastBudgetsOptions): Promise<'again' | 'idle'> {
  return options.database.transaction((client) => addNext(client, options));
}

async function addNext(client: PoolClient, options: ForecastBudgetsOptions): Promise<'again' | 'idle'> {
  const [progress] = await queryRows<SignalProgressRow>(client, claimSignalProgress('budget_days'));
  if (progress === undefined) return 'idle'; // another gateway is at it
  const from = Number(progress.next_leaf);
  const size = Number(progress.size);
  const to = Math.min(from + LEAVES_MAX, size);
  if (from === to) return 'idle';
  const changed = await queryRows<ChangedBudgetRow>(client, addBudgetDays({ from, to }));
  const snapshots = await queryRows<EntryOfTypeRow>(
    client,
    readEntriesOfType({ from, to, typeCode: SNAPSHOT }),
  );
  const budgetIds = new Set([
    ...changed.map(({ budget_id: budgetId }) => budgetId),
    ...snapshots.map(({ subject_id: budgetId }) => budgetId),
  ]);
  for (const budgetId of budgetIds) await lookAt(client, budgetId, options);
  await queryRows(client, advanceSignalProgress('budget_days', to));
  return to < size ? 'again' : 'idle';
}

async function lookAt(client: PoolClient, budgetId: string, options: ForecastBudgetsOptions): Promise<void> {
  const [row] = await queryRows<StoredBudgetRow>(client, findBudget(budgetId));
  if (row === undefined || row.status === 'closed') return;
  const nowMs = options.now();
  const standing = await standingOf(client, row, nowMs);
  const limitMinor = standing?.limitMinor ?? 0n; // of an unknown limit, or none, no share is used
  if (standing === null || limitMinor === 0n) return;
  const known = { ...standing, limitMinor };
  await alertOfUsage(known, options);
  await alertOfExhaustion(known, await outlookOf(client, standing, nowMs), options);
}

/** Its limit is known. */
type KnownStanding = BudgetStanding & { readonly limitMinor: bigint };

async function alertOfUsage(standing: KnownStanding, options: ForecastBudgetsOptions): Promise<void> {
  const { row, usedMinor, limitMinor } = standing;
  const level = USAGE_LEVELS.find(([percent]) => usedMinor * 100n >= limitMinor * percent);
  if (level === undefined) return;
  const [percent, severity] = level;
  const amount = amountIn(currencyOf(row));
  await raiseAlert(options, {
    kind: 'budget.usage',
    severity,
    subject: { type: 'budget', id: row.budget_id },
    message: `The budget \`${row.budget_id}\` is used to ${percent} % and more: ${amount(usedMinor)} of ${amount(limitMinor)} ${row.currency}.`,
    evidence: { ...evidenceOf(standing), level_percent: Number(percent) },
    dedupeKey: `budget.usage:${keyOf(standing)}:${percent}`,
    raisedBy: NAME,
  });
}

async function alertOfExhaustion(
  standing: KnownStanding,
  { projection, today, daysLeft }: BudgetOutlook,
  options: ForecastBudgetsOptions,
): Promise<void> {
  const { row, current, limitMinor, usedMinor } = standing;
  if (usedMinor >= limitMinor) return; // that is 100 % used
  const method = projection.seasonal === null ? 'run_rate' : 'seasonal';
  const after = (projection.seasonal ?? projection.runRate)?.exhaustedAfterDays ?? null;
  if (after === null || current.endMs === null) return;
  const amount = amountIn(currencyOf(row));
  const projected = (projection.seasonal ?? projection.runRate)?.projectedMinor ?? 0n;
  await raiseAlert(options, {
    kind: 'budget.exhaustion',
    severity: 'warning',
    subject: { type: 'budget', id: row.budget_id },
    message: `The budget \`${row.budget_id}\` is projected to be used up on ${dateOf(today + after)}, ${daysLeft - 1 - after} days before its period ends: ${amount(usedMinor)} of ${amount(limitMinor)} ${row.currency} are used, and ${amount(projected)} would be.`,
    evidence: {
      ...evidenceOf(standing),
      exhausted_on: dateOf(today + after),
      method,
      period_ends_on: dateOf(today + daysLeft - 1),
      projected: amount(projected),
      projected_lower: projection.seasonal === null ? undefined : amount(projection.seasonal.lowerMinor),
      projected_upper: projection.seasonal === null ? undefined : amount(projection.seasonal.upperMinor),
    },
    dedupeKey: `budget.exhaustion:${keyOf(standing)}`,
    raisedBy: NAME,
  });
}

/** A changed limit makes it another budget to warn of. */
function keyOf({ row, current, limitMinor }: KnownStanding): string {
  return `${row.budget_id}:${current.startMs}:${limitMinor}`;
}

function evidenceOf({
  row,
  limitMinor,
  usedMinor,
  pendingMinor,
  committedMinor,
  spentMinor,
  elsewhere,
}: KnownStanding) {
  const amount = amountIn(currencyOf(row));
  return {
    committed: amount(committedMinor),
    currency: row.currency,
    limit: amount(limitMinor),
    pending: amount(pendingMinor),
    spent: amount(spentMinor),
    used: amount(usedMinor),
    used_elsewhere: elsewhere === null ? undefined : amount(elsewhere.usedMinor),
  };
}

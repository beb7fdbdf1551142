// gate/open-periods.ts: finds the budget periods a batch needs and opens those that do not exist, in a transaction of
// its own: a period's limit is a transfer from outside, and has a log entry.
// INVARIANT: a period is opened with the limit of the configuration that holds when it is opened, or not at all.
import type { Writer } from '../db/writer.ts';
import { findBudgetPeriods } from '../ledger/find-budget-periods.ts';
import { lockConfigurationShared } from '../ledger/lock-configuration.ts';
import { readConfigurationVersion } from '../ledger/read-configuration-version.ts';
import type { SystemCaller } from '../record/caller.ts';
import { type CarryingBudget, openBudgetPeriods } from '../record/open-budget-periods.ts';
import type { Recorder } from '../record/recorder.ts';
import type { Configuration } from './configuration.ts';
import type { PeriodKey } from './resolve-action.ts';

interface PeriodRow {
  period_id: bigint;
  budget_id: string;
  starts_at: Date;
}

const OPENED_AT_ONCE_MAX = 500;
const GATE: SystemCaller = { kind: 'system', name: 'gate' };

interface OpenContext {
  readonly writer: Pick<Writer, 'transaction'>;
  readonly recorder: Recorder;
  readonly now: () => number;
}

/**
 * `budget id|start` -> period id, for each of `periods`; opened where it did not exist. `stale`: the `configuration` the
 * periods were found in is not that of now.
 */
export async function openPeriods(
  periods: readonly PeriodKey[],
  configuration: Configuration,
  context: OpenContext,
): Promise<Map<string, bigint> | 'stale'> {
  const found = new Map<string, bigint>();
  for (let start = 0; start < periods.length; start += OPENED_AT_ONCE_MAX) {
    const some = periods.slice(start, start + OPENED_AT_ONCE_MAX);
    // Periods that nobody used, between the last and this one, may be more than go into one transaction.
    let opened = await openSome(some, configuration, context);
    while (opened === 'more') opened = await openSome(some, configuration, context);
    if (opened === 'stale') return 'stale';
    for (const [key, periodId] of opened) found.set(key, periodId);
  }
  return found;
}

async function openSome(
  periods: readonly PeriodKey[],
  configuration: Configuration,
  { writer, recorder, now }: OpenContext,
): Promise<Map<string, bigint> | 'stale' | 'more'> {
  return writer.transaction<Map<string, bigint> | 'stale' | 'more'>(async (tx) => {
    tx.send(lockConfigurationShared());
    const version = await tx.query<{ version: bigint }>(readConfigurationVersion());
    if (version.rows[0]?.version !== configuration.version) return { result: 'stale' };
    const carrying = carryingBudgets(periods, configuration);
    const { commit, isWhole } = await openBudgetPeriods(tx, periods, carrying, {
      recorder,
      nowMs: now(),
      actor: GATE,
    });
    const committing = commit === undefined ? {} : { commit };
    if (!isWhole) return { result: 'more', ...committing };
    const all = await tx.query<PeriodRow>(findBudgetPeriods(periods));
    return { result: new Map(all.rows.map((row) => [keyOf(row), row.period_id])), ...committing };
  });
}

function carryingBudgets(
  periods: readonly PeriodKey[],
  { budgets }: Configuration,
): Map<string, CarryingBudget> {
  const carrying = new Map<string, CarryingBudget>();
  for (const { budgetId } of periods) {
    const budget = budgets.get(budgetId);
    if (budget === undefined || budget.carryOver === null) continue;
    carrying.set(budgetId, { ...budget, carryOver: budget.carryOver });
  }
  return carrying;
}

function keyOf(row: PeriodRow): string {
  return `${row.budget_id}|${String(row.starts_at.getTime())}`;
}

// admin/open-current-periods.ts: opens the current periods of budgets ahead of a change that acts on them, as the gate
// would: with the limit and the carry-over that hold until then. In transactions of its own, ahead of the change's.
import type { Period } from '@countersign/core';

import { findBudget } from '../ledger/find-budget.ts';
import type { BudgetPeriodRow } from '../ledger/find-budget-periods.ts';
import { findBudgetPeriods } from '../ledger/find-budget-periods.ts';
import type { StoredBudgetRow } from '../ledger/insert-budget.ts';
import { lockConfigurationShared } from '../ledger/lock-configuration.ts';
import { type CarryingBudget, carryOverOf, openBudgetPeriods } from '../record/open-budget-periods.ts';
import type { SystemCaller } from '../record/caller.ts';
import type { Transaction } from '../db/writer.ts';
import { AdminError } from './admin-error.ts';
import { type ChangeStep, firstRow } from './apply-change.ts';
import { currentPeriodOf } from './budget-view.ts';
import type { ChangeContext } from './change-configuration.ts';

const ADMIN: SystemCaller = { kind: 'system', name: 'admin' };
/** A period can end between its opening and the change; twice in a row it does not. */
const ATTEMPTS_MAX = 3;

/** The period that the change acts on began after it was looked for. */
class PeriodNotOpen extends Error {}

/** Runs `change` once the current period of each of these budgets is there; a budget that has none now is left alone. */
export async function withOpenPeriods<T>(
  context: ChangeContext,
  budgetIds: readonly string[],
  change: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    await openCurrentPeriods(context, budgetIds);
    try {
      return await change();
    } catch (error) {
      if (!(error instanceof PeriodNotOpen)) throw error;
      if (attempt === ATTEMPTS_MAX)
        throw new AdminError('conflict', 'the budget period has just ended: try again');
    }
  }
}

/** The row of a budget's current period, inside `withOpenPeriods`. */
export async function openPeriod(
  step: Pick<ChangeStep, 'tx'>,
  { budget_id: budgetId }: StoredBudgetRow,
  { startMs }: Period,
): Promise<BudgetPeriodRow> {
  const row = await firstRow<BudgetPeriodRow>(
    step.tx,
    findBudgetPeriods([{ budgetId, startsAtMs: startMs }]),
  );
  if (row === null) throw new PeriodNotOpen();
  return row;
}

async function openCurrentPeriods(context: ChangeContext, budgetIds: readonly string[]): Promise<void> {
  for (;;) {
    const isWhole = await context.writer.transaction<boolean>(async (tx) => {
      tx.send(lockConfigurationShared());
      const { commit, isWhole } = await openIn(tx, budgetIds, context);
      return { result: isWhole, ...(commit === undefined ? {} : { commit }) };
    });
    if (isWhole) return;
  }
}

/** In a transaction that shares or holds the configuration lock. */
async function openIn(
  tx: Transaction,
  budgetIds: readonly string[],
  { recorder, now }: ChangeContext,
): ReturnType<typeof openBudgetPeriods> {
  const nowMs = now();
  const carrying = new Map<string, CarryingBudget>();
  const wanted = [];
  for (const budgetId of new Set(budgetIds)) {
    const row = await firstRow<StoredBudgetRow>(tx, findBudget(budgetId));
    const current = row?.status === 'active' ? currentPeriodOf(row, nowMs) : undefined;
    if (row === null || current === undefined) continue;
    const { currency, limit_minor: limitMinor } = row;
    wanted.push({ budgetId, startsAtMs: current.startMs, endsAtMs: current.endMs, currency, limitMinor });
    const carryOver = carryOverOf(row.carry_over);
    if (carryOver === null) continue;
    const { period, time_zone: timeZone } = row;
    carrying.set(budgetId, { budgetId, period, timeZone, currency, limitMinor, carryOver });
  }
  if (wanted.length === 0) return { commit: undefined, isWhole: true };
  return openBudgetPeriods(tx, wanted, carrying, { recorder, nowMs, actor: ADMIN });
}

// admin/budget-limit.ts: a changed limit on a period that is under way, as transfers, so that the balance stays the sum
// of its transfers. What was carried over or moved between budgets stays: the period's limit is the budget's with that.
// A limit below what is used raises `overrun` by the difference; nothing that has moved is rewritten.
import { type Balance, type Transfer, applyTransfer, overrunTransfer } from '@countersign/core';

import type { BudgetPeriodRow } from '../ledger/find-budget-periods.ts';
import { insertTransfers } from '../ledger/insert-transfers.ts';
import { lockBudgetPeriod } from '../ledger/lock-budget-period.ts';
import { type MovedRow, sumBudgetTransfers } from '../ledger/sum-budget-transfers.ts';
import { updatePeriodLimit } from '../ledger/update-period-limit.ts';
import type { Json } from '../record/recorder.ts';
import { type ChangeStep, firstRow } from './apply-change.ts';

export interface LimitChange {
  readonly budgetId: string;
  /** Of the current period; null: there is none now. */
  readonly startsAt: Date | null;
  readonly limitMinor: bigint;
}

/** The period after the change (null where it has not come into being) and what the record says of it. */
export async function applyLimitToPeriod(
  step: ChangeStep,
  { budgetId, startsAt, limitMinor }: LimitChange,
): Promise<{ period: BudgetPeriodRow | null; detail: Record<string, Json> }> {
  const row =
    startsAt === null
      ? null
      : await firstRow<BudgetPeriodRow>(step.tx, lockBudgetPeriod({ budgetId, startsAt }));
  if (row === null) return { period: null, detail: {} };
  const moved = await firstRow<MovedRow>(step.tx, sumBudgetTransfers([row.period_id]));
  const wanted = limitWithMoved(limitMinor, moved);
  const { transfers, balance } = changeLimitOf(row.period_id, balanceOf(row), wanted < 0n ? 0n : wanted);
  if (transfers.length === 0) return { period: row, detail: {} };
  const { overrunMinor } = balance;
  await step.tx.query(
    updatePeriodLimit({ periodId: row.period_id, limitMinor: balance.limitMinor, overrunMinor }),
  );
  const { entryId } = step;
  await step.tx.query(insertTransfers(transfers.map((transfer, line) => ({ ...transfer, entryId, line }))));
  return {
    period: { ...row, limit_minor: balance.limitMinor, overrun_minor: overrunMinor },
    detail: {
      transfers: transfers.map(({ periodId, from, to, amountMinor }) => [
        Number(periodId),
        from,
        to,
        amountMinor.toString(),
      ]),
    },
  };
}

/** The transfers that bring a period to a new limit, and the balance they leave. */
export function changeLimitOf(
  periodId: bigint,
  balance: Balance,
  limitMinor: bigint,
): { transfers: Transfer[]; balance: Balance } {
  const difference = limitMinor - balance.limitMinor;
  if (difference === 0n) return { transfers: [], balance };
  const change: Transfer =
    difference > 0n
      ? { periodId, from: 'external', to: 'available', amountMinor: difference }
      : { periodId, from: 'available', to: 'external', amountMinor: -difference };
  const changed = applyTransfer(balance, change);
  const overrun = overrunTransfer(periodId, changed);
  if (overrun === null) return { transfers: [change], balance: changed };
  return { transfers: [change, overrun], balance: applyTransfer(changed, overrun) };
}

/** Below zero where a budget has given more to others than its limit is now: then its period has none. */
export function limitWithMoved(limitMinor: bigint, moved: MovedRow | null | undefined): bigint {
  if (moved == null) return limitMinor;
  return limitMinor + moved.carried_in_minor - moved.carried_out_minor + moved.transferred_minor;
}

export function balanceOf(row: BudgetPeriodRow): Balance {
  return {
    limitMinor: row.limit_minor,
    pendingMinor: row.pending_minor,
    committedMinor: row.committed_minor,
    spentMinor: row.spent_minor,
    overrunMinor: row.overrun_minor,
  };
}

// admin/budget-view.ts: how a budget and its current period are shown. Reads rows, changes and looks up nothing.
import {
  type Balance,
  type CurrencyCode,
  EMPTY_BALANCE,
  availableMinor,
  formatAmount,
  type Period,
  periodContaining,
} from '@countersign/core';

import type { BudgetPeriodRow } from '../ledger/find-budget-periods.ts';
import type { StoredBudgetRow } from '../ledger/insert-budget.ts';
import { type BudgetDimension, scopeOf } from './budget-scope.ts';

/** Amounts are decimal strings with the currency's digits. */
export interface BudgetView {
  readonly budgetId: string;
  readonly name: string;
  readonly scope: readonly BudgetDimension[];
  readonly period: StoredBudgetRow['period'];
  readonly currency: string;
  readonly limit: string;
  readonly timeZone: string;
  readonly owner: string | null;
  readonly status: 'active' | 'closed';
  readonly createdAt: string;
  readonly current: CurrentPeriod;
}

export interface CurrentPeriod {
  /** null: there is no period now, which only a `fixed` one outside its range has. */
  readonly startsAt: string | null;
  /** null: it never ends, or there is no period now. */
  readonly endsAt: string | null;
  readonly limit: string;
  readonly pending: string;
  readonly committed: string;
  readonly spent: string;
  /** Below zero after a forced post or a cut limit: then `overdrawn` is true. */
  readonly available: string;
  /** How far money that had moved, or a cut limit, has ever taken this period past its limit. */
  readonly overrun: string;
  readonly overdrawn: boolean;
}

/** `period` is the row of `current`, where that has come into being. */
export function budgetView(
  row: StoredBudgetRow,
  current: Period | undefined,
  period: BudgetPeriodRow | null,
): BudgetView {
  const currency = currencyOf(row);
  return {
    budgetId: row.budget_id,
    name: row.name,
    scope: scopeOf(row),
    period: row.period,
    currency,
    limit: formatAmount(row.limit_minor, currency),
    timeZone: row.time_zone,
    owner: row.owner,
    status: row.status,
    createdAt: row.created_at.toISOString(),
    current: currentView(row, current, period),
  };
}

function currentView(
  row: StoredBudgetRow,
  current: Period | undefined,
  period: BudgetPeriodRow | null,
): CurrentPeriod {
  const balance: Balance =
    period === null
      ? { ...EMPTY_BALANCE, limitMinor: row.limit_minor }
      : {
          limitMinor: period.limit_minor,
          pendingMinor: period.pending_minor,
          committedMinor: period.committed_minor,
          spentMinor: period.spent_minor,
          overrunMinor: period.overrun_minor,
        };
  const amount = (minor: bigint): string => formatAmount(minor, currencyOf(row));
  const isoOf = (ms: number | null | undefined): string | null =>
    ms == null ? null : new Date(ms).toISOString();
  return {
    startsAt: isoOf(current?.startMs),
    endsAt: isoOf(current?.endMs),
    limit: amount(balance.limitMinor),
    pending: amount(balance.pendingMinor),
    committed: amount(balance.committedMinor),
    spent: amount(balance.spentMinor),
    available: amount(availableMinor(balance)),
    overrun: amount(balance.overrunMinor),
    overdrawn: availableMinor(balance) < 0n,
  };
}

export function currencyOf(row: StoredBudgetRow): CurrencyCode {
  return row.currency as CurrencyCode; // stored by budgets.ts alone, which parsed it
}

export function currentPeriodOf(row: StoredBudgetRow, atMs: number): Period | undefined {
  return periodContaining({
    period: row.period,
    timeZone: row.time_zone,
    startsAt: row.starts_at?.getTime(),
    endsAt: row.ends_at?.getTime(),
    at: atMs,
  });
}

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
import type { MovedRow } from '../ledger/sum-budget-transfers.ts';
import { type AllocationView, allocationView, type CarryOverView, carryOverView } from './budget-input.ts';
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
  readonly carryOver: CarryOverView;
  readonly allocation: AllocationView;
  /** What its allocation was last said to be; null: it is not kept elsewhere, or nothing was sent yet. */
  readonly allocationSnapshot: AllocationSnapshotView | null;
  /** Where the cost centre of its scope stands; null: it has none. */
  readonly hierarchy: HierarchyView | null;
  readonly current: CurrentPeriod;
}

export interface HierarchyView {
  /** Cost centres above, nearest first: their budgets bind the same purchases. */
  readonly ancestors: readonly string[];
  /** Cost centres right below: their purchases are covered too. */
  readonly children: readonly string[];
}

export interface AllocationSnapshotView {
  /** What decisions make of it now. */
  readonly state: 'current' | 'stale' | 'indeterminate';
  readonly contradictions: readonly string[];
  readonly allocated: string;
  readonly committedElsewhere: string;
  readonly actualElsewhere: string;
  readonly currency: string;
  readonly source: string;
  readonly asOf: string;
  readonly receivedAt: string;
  readonly ageSeconds: number;
}

/** What a budget is shown with besides its own row. */
export interface BudgetStanding {
  /** Of its current period; null: that has not come into being. */
  readonly period: BudgetPeriodRow | null;
  readonly moved: MovedRow | null;
  readonly hierarchy: HierarchyView | null;
  readonly allocationSnapshot: AllocationSnapshotView | null;
}

export interface CurrentPeriod {
  /** null: there is no period now, which only a `fixed` one outside its range has. */
  readonly startsAt: string | null;
  /** null: it never ends, or there is no period now. */
  readonly endsAt: string | null;
  /** With what was carried over and moved between budgets. */
  readonly limit: string;
  /** From the period before. */
  readonly carriedOver: string;
  /** From other budgets, less what was given to others; may be below zero. */
  readonly transferred: string;
  readonly pending: string;
  readonly committed: string;
  readonly spent: string;
  /** Below zero after a forced post or a cut limit: then `overdrawn` is true. */
  readonly available: string;
  /** How far money that had moved, or a cut limit, has ever taken this period past its limit. */
  readonly overrun: string;
  readonly overdrawn: boolean;
}

export function budgetView(
  row: StoredBudgetRow,
  current: Period | undefined,
  standing: BudgetStanding,
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
    carryOver: carryOverView(row.carry_over, currency),
    allocation: allocationView(row.allocation),
    allocationSnapshot: standing.allocationSnapshot,
    hierarchy: standing.hierarchy,
    current: currentView(row, current, standing),
  };
}

function currentView(
  row: StoredBudgetRow,
  current: Period | undefined,
  { period, moved }: BudgetStanding,
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
    carriedOver: amount(moved?.carried_in_minor ?? 0n),
    transferred: amount(moved?.transferred_minor ?? 0n),
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

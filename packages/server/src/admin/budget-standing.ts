// admin/budget-standing.ts: reads how budgets stand: their current period, what was moved into it, their place in the
// hierarchy and what other systems last said of their allocation. A statement for each, however many budgets.
import { formatAmount } from '@countersign/core';
import type { QueryResultRow } from 'pg';

import type { Statement } from '../db/statement.ts';
import { type BudgetPeriodRow, findBudgetPeriods } from '../ledger/find-budget-periods.ts';
import { type FoundBudgetSnapshotRow, findBudgetSnapshots } from '../ledger/find-budget-snapshots.ts';
import type { StoredBudgetRow } from '../ledger/insert-budget.ts';
import { type CostCenterLineRow, readCostCenterLines } from '../ledger/read-cost-center-lines.ts';
import { type MovedRow, sumBudgetTransfers } from '../ledger/sum-budget-transfers.ts';
import { scopeOf } from './budget-scope.ts';
import {
  type AllocationSnapshotView,
  type BudgetView,
  budgetView,
  currentPeriodOf,
  type HierarchyView,
} from './budget-view.ts';

type Read = <Row extends QueryResultRow>(statement: Statement) => Promise<Row[]>;

/** In the order of `rows`. */
export async function budgetViews(
  read: Read,
  rows: readonly StoredBudgetRow[],
  nowMs: number,
): Promise<BudgetView[]> {
  const budgets = rows.map((row) => ({ row, current: currentPeriodOf(row, nowMs) }));
  const keys = budgets.flatMap(({ row, current }) =>
    current === undefined ? [] : [{ budgetId: row.budget_id, startsAtMs: current.startMs }],
  );
  const periods = byId(await read<BudgetPeriodRow>(findBudgetPeriods(keys)), (row) => row.budget_id);
  const periodIds = [...periods.values()].map((row) => row.period_id);
  const moved = periodIds.length === 0 ? [] : await read<MovedRow>(sumBudgetTransfers(periodIds));
  const movedOf = byId(moved, (row) => row.period_id);
  const lines = await linesOf(read, rows);
  const snapshots = await snapshotsOf(read, rows);
  return budgets.map(({ row, current }) => {
    const period = periods.get(row.budget_id) ?? null;
    return budgetView(row, current, {
      period,
      moved: (period === null ? undefined : movedOf.get(period.period_id)) ?? null,
      hierarchy: hierarchyOf(row, lines),
      allocationSnapshot: allocationSnapshotOf(row, snapshots.get(row.budget_id) ?? [], {
        nowMs,
        startMs: current?.startMs ?? null,
      }),
    });
  });
}

function byId<Row, Id>(rows: readonly Row[], idOf: (row: Row) => Id): Map<Id, Row> {
  return new Map(rows.map((row) => [idOf(row), row]));
}

function costCenterOf(row: StoredBudgetRow): string | null {
  return scopeOf(row).find(({ type }) => type === 'cost_center')?.id ?? null;
}

async function linesOf(
  read: Read,
  rows: readonly StoredBudgetRow[],
): Promise<Map<string, CostCenterLineRow>> {
  const ids = new Set(rows.flatMap((row) => costCenterOf(row) ?? []));
  if (ids.size === 0) return new Map();
  return byId(await read<CostCenterLineRow>(readCostCenterLines([...ids])), (row) => row.cost_center_id);
}

function hierarchyOf(
  row: StoredBudgetRow,
  lines: ReadonlyMap<string, CostCenterLineRow>,
): HierarchyView | null {
  const line = lines.get(costCenterOf(row) ?? '');
  return line === undefined ? null : { ancestors: line.ancestors, children: line.children };
}

async function snapshotsOf(
  read: Read,
  rows: readonly StoredBudgetRow[],
): Promise<Map<string, FoundBudgetSnapshotRow[]>> {
  const ids = rows.flatMap((row) => (row.allocation === null ? [] : [row.budget_id]));
  const found = new Map<string, FoundBudgetSnapshotRow[]>();
  if (ids.length === 0) return found;
  for (const row of await read<FoundBudgetSnapshotRow>(findBudgetSnapshots(ids))) {
    found.set(row.budget_id, [...(found.get(row.budget_id) ?? []), row]);
  }
  return found;
}

/** The one that came last, and what decisions make of it: see the control budget_allocation. */
function allocationSnapshotOf(
  { allocation }: StoredBudgetRow,
  snapshots: readonly FoundBudgetSnapshotRow[],
  { nowMs, startMs }: { readonly nowMs: number; readonly startMs: number | null },
): AllocationSnapshotView | null {
  const latest = snapshots.find((row) => row.is_latest);
  if (allocation === null || latest === undefined) return null;
  const ageMs = Math.max(0, nowMs - latest.as_of.getTime());
  const isOfNow = latest.period_starts_at?.getTime() === startMs;
  const currency = latest.currency as Parameters<typeof formatAmount>[1]; // parsed when it was received
  return {
    state:
      latest.contradictions.length > 0 || !isOfNow
        ? 'indeterminate'
        : ageMs > allocation.freshness_seconds * 1000
          ? 'stale'
          : 'current',
    contradictions: latest.contradictions,
    allocated: formatAmount(latest.allocated_minor, currency),
    committedElsewhere: formatAmount(latest.committed_elsewhere_minor, currency),
    actualElsewhere: formatAmount(latest.actual_elsewhere_minor, currency),
    currency: latest.currency,
    source: latest.source,
    asOf: latest.as_of.toISOString(),
    receivedAt: latest.created_at.toISOString(),
    ageSeconds: ageMs / 1000,
  };
}

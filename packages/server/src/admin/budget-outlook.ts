// admin/budget-outlook.ts: how a budget is being used, and where it will stand: consumption and forecast. Clauses: AG-642
// 4.10, 4.11. What is used now comes from the balance; the history from the days that a job adds up from the log.
import {
  type CurrencyCode,
  type Period,
  type Projection,
  formatAmount,
  projectBudget,
  zonedDayNumber,
} from '@countersign/core';
import type { ClientBase, Pool } from 'pg';

import { queryRows } from '../db/query-rows.ts';
import { findBudget } from '../ledger/find-budget.ts';
import { type BudgetPeriodRow, findBudgetPeriods } from '../ledger/find-budget-periods.ts';
import { type FoundBudgetSnapshotRow, findBudgetSnapshots } from '../ledger/find-budget-snapshots.ts';
import type { StoredBudgetRow } from '../ledger/insert-budget.ts';
import { type BudgetDayRow, readBudgetDays } from '../ledger/read-budget-days.ts';
import type { PrincipalCaller } from '../record/caller.ts';
import { AdminError, notFound } from './admin-error.ts';
import type { AdminContext } from './apply-change.ts';
import { currencyOf, currentPeriodOf } from './budget-view.ts';

const DAY_MS = 86_400_000;
const HISTORY_DAYS_MAX = 800;
/** How far ahead is looked for a budget that has no end. */
const OPEN_END_DAYS = 365;

/**
 * Where a budget stands now. Amounts in minor units. Where another system keeps the allocation, that is the limit, and what
 * was used past this gateway is used.
 */
export interface BudgetStanding {
  readonly row: StoredBudgetRow;
  readonly current: Period;
  /** null: another system keeps its allocation, and has said nothing of this period that can be relied on. */
  readonly limitMinor: bigint | null;
  readonly pendingMinor: bigint;
  readonly committedMinor: bigint;
  readonly spentMinor: bigint;
  /** What another system says was used past this gateway; null: no system but this one keeps the budget. */
  readonly elsewhere: { readonly usedMinor: bigint; readonly asOfMs: number } | null;
  readonly usedMinor: bigint;
}

export interface BudgetOutlook {
  readonly standing: BudgetStanding;
  readonly days: readonly BudgetDayRow[];
  /** Days since 1970-01-01, in the budget's time zone. */
  readonly today: number;
  /** Of the period that are left, today included. */
  readonly daysLeft: number;
  readonly projection: Projection;
}

export interface BudgetOutlooks {
  /** Who only owns budgets sees those. */
  get(viewer: PrincipalCaller, budgetId: string): Promise<BudgetOutlook>;
}

export function createBudgetOutlooks({ pool, now }: AdminContext): BudgetOutlooks {
  return {
    async get(viewer, budgetId) {
      const [row] = await queryRows<StoredBudgetRow>(pool, findBudget(budgetId));
      if (row === undefined || !maySee(viewer, row)) throw notFound('budget', budgetId);
      const nowMs = now();
      const standing = await standingOf(pool, row, nowMs);
      if (standing === null) throw new AdminError('conflict', `the budget \`${budgetId}\` has no period now`);
      return outlookOf(pool, standing, nowMs);
    },
  };
}

/** null: it has no period now. */
export async function standingOf(
  pool: Pool | ClientBase,
  row: StoredBudgetRow,
  nowMs: number,
): Promise<BudgetStanding | null> {
  const current = currentPeriodOf(row, nowMs);
  if (current === undefined) return null;
  const keys = [{ budgetId: row.budget_id, startsAtMs: current.startMs }];
  const [period] = await queryRows<BudgetPeriodRow>(pool, findBudgetPeriods(keys));
  const [pendingMinor, committedMinor, spentMinor] = [
    period?.pending_minor ?? 0n,
    period?.committed_minor ?? 0n,
    period?.spent_minor ?? 0n,
  ];
  const usedHere = pendingMinor + committedMinor + spentMinor;
  const standing = { row, current, pendingMinor, committedMinor, spentMinor };
  if (row.allocation === null) {
    const limitMinor = period?.limit_minor ?? row.limit_minor;
    return { ...standing, limitMinor, elsewhere: null, usedMinor: usedHere };
  }
  const snapshot = await snapshotOf(pool, row, current);
  if (snapshot === undefined) return { ...standing, limitMinor: null, elsewhere: null, usedMinor: usedHere };
  const usedElsewhere = snapshot.committed_elsewhere_minor + snapshot.actual_elsewhere_minor;
  return {
    ...standing,
    limitMinor: snapshot.allocated_minor,
    elsewhere: { usedMinor: usedElsewhere, asOfMs: snapshot.as_of.getTime() },
    usedMinor: usedHere + usedElsewhere,
  };
}

/** The last one of this period that contradicts nothing. */
async function snapshotOf(
  pool: Pool | ClientBase,
  { budget_id: budgetId }: StoredBudgetRow,
  current: Period,
): Promise<FoundBudgetSnapshotRow | undefined> {
  const rows = await queryRows<FoundBudgetSnapshotRow>(pool, findBudgetSnapshots([budgetId]));
  return rows.find(
    (row) => row.contradictions.length === 0 && row.period_starts_at?.getTime() === current.startMs,
  );
}

export async function outlookOf(
  pool: Pool | ClientBase,
  standing: BudgetStanding,
  nowMs: number,
): Promise<BudgetOutlook> {
  const { row, current, usedMinor, limitMinor } = standing;
  const today = zonedDayNumber(nowMs, row.time_zone);
  const since = Math.min(today - HISTORY_DAYS_MAX, zonedDayNumber(current.startMs, row.time_zone));
  // A period without a beginning has no more history than any other.
  const from =
    current.endMs === null ? today - HISTORY_DAYS_MAX : Math.max(since, today - 2 * HISTORY_DAYS_MAX);
  const days = await queryRows<BudgetDayRow>(pool, readBudgetDays(row.budget_id, dateOf(from)));
  const lastDay =
    current.endMs === null ? today + OPEN_END_DAYS - 1 : zonedDayNumber(current.endMs - 1, row.time_zone);
  const daysLeft = Math.max(1, lastDay - today + 1);
  const projection = projectBudget({
    history: historyOf(days, today),
    usedMinor,
    limitMinor,
    daysLeft,
    shareOfTodayLeft: shareOfDayLeft(nowMs, row.time_zone, today),
  });
  return { standing, days, today, daysLeft, projection };
}

/** Whole days from the first one with use to yesterday. */
function historyOf(days: readonly BudgetDayRow[], today: number): { firstDay: number; values: number[] } {
  const known = days.map((row) => ({ day: dayNumberOf(row.day), used: Number(row.used_minor) }));
  const past = known.filter(({ day }) => day < today && day >= today - HISTORY_DAYS_MAX);
  const firstDay = past[0]?.day ?? today;
  const values = new Array<number>(today - firstDay).fill(0);
  for (const { day, used } of past) values[day - firstDay] = used;
  return { firstDay, values };
}

/** In the daytime that clocks show: an hour more or less on two days of the year does not matter here. */
function shareOfDayLeft(nowMs: number, timeZone: string, today: number): number {
  let [before, after] = [nowMs, nowMs + 2 * DAY_MS];
  while (after - before > 60_000) {
    const middle = (before + after) / 2;
    if (zonedDayNumber(Math.floor(middle), timeZone) > today) after = middle;
    else before = middle;
  }
  return Math.min(1, (before - nowMs) / DAY_MS);
}

export function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

function dayNumberOf(date: string): number {
  return Date.parse(date) / DAY_MS;
}

function maySee({ roles, principalId, email }: PrincipalCaller, { owner }: StoredBudgetRow): boolean {
  if (roles.some((role) => role === 'operator' || role === 'auditor')) return true;
  const own = owner?.toLowerCase();
  return own !== undefined && (own === principalId.toLowerCase() || own === email?.toLowerCase());
}

/** What is common to consumption and forecast, as the API shows it. */
export function standingView({ standing }: BudgetOutlook): Record<string, unknown> {
  const { row, current, limitMinor, pendingMinor, committedMinor, spentMinor, usedMinor } = standing;
  const { elsewhere } = standing;
  const amount = amountIn(currencyOf(row));
  return {
    budget_id: row.budget_id,
    currency: row.currency,
    period_starts_at: new Date(current.startMs).toISOString(),
    period_ends_at: current.endMs === null ? null : new Date(current.endMs).toISOString(),
    limit: limitMinor === null ? null : amount(limitMinor),
    pending: amount(pendingMinor),
    committed: amount(committedMinor),
    spent: amount(spentMinor),
    ...(elsewhere === null
      ? {}
      : {
          used_elsewhere: amount(elsewhere.usedMinor),
          allocation_as_of: new Date(elsewhere.asOfMs).toISOString(),
        }),
    used: amount(usedMinor),
    remaining: limitMinor === null ? null : amount(limitMinor - usedMinor),
    used_percent:
      limitMinor === null || limitMinor === 0n ? null : Number((usedMinor * 1000n) / limitMinor) / 10,
  };
}

export function amountIn(currency: CurrencyCode): (minor: bigint) => string {
  return (minor) => formatAmount(minor, currency);
}

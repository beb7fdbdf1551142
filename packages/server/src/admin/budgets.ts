// admin/budgets.ts: budgets: their scope, period and limit, and how much of the current period is used.
// A period comes into being with its first use, in the gate; until then it shows zeros and the whole limit.
import { type CurrencyCode, formatAmount, parseAmount, type Period } from '@countersign/core';

import { findBudget } from '../ledger/find-budget.ts';
import { findBudgetPeriods, type BudgetPeriodRow } from '../ledger/find-budget-periods.ts';
import { findDefaultEntity } from '../ledger/find-default-entity.ts';
import { findLegalEntity } from '../ledger/find-legal-entity.ts';
import { insertBudget, type StoredBudgetRow } from '../ledger/insert-budget.ts';
import type { LegalEntityRow } from '../ledger/insert-legal-entity.ts';
import { listBudgets } from '../ledger/list-budgets.ts';
import { updateBudget } from '../ledger/update-budget.ts';
import { newId } from '../ids.ts';
import { AdminError, alreadyExists, invalid, notFound } from './admin-error.ts';
import {
  type Actor,
  type AdminContext,
  applyChange,
  type ChangeOptions,
  type ChangeStep,
  firstRow,
  readRows,
} from './apply-change.ts';
import { applyLimitToPeriod } from './budget-limit.ts';
import {
  type BudgetDimension,
  type BudgetScopeInput,
  checkedScope,
  refuseUnknownScope,
} from './budget-scope.ts';
import { budgetView, type BudgetView, currencyOf, currentPeriodOf } from './budget-view.ts';
import {
  checkedCurrency,
  checkedId,
  checkedInstant,
  checkedName,
  checkedOwner,
  checkedTimeZone,
} from './checked-input.ts';
import { type Page, type PageQuery, pageOf, pageWindow } from './page.ts';
import { ownerSnapshot, personal, type Snapshot } from './personal-text.ts';

const PERIODS = ['day', 'week', 'month', 'quarter', 'year', 'lifetime', 'fixed'] as const;

export interface BudgetInput {
  /** Generated where it is absent. */
  readonly budgetId?: string | undefined;
  readonly name: string;
  readonly scope: BudgetScopeInput | readonly BudgetScopeInput[];
  readonly period: string;
  /** RFC 3339; both for a `fixed` period, neither for any other. */
  readonly startsAt?: string | undefined;
  readonly endsAt?: string | undefined;
  readonly currency: string;
  /** A decimal string or a JSON number; zero allows nothing. */
  readonly limit: string | number;
  /** Default: the time zone of the legal entity in the scope, else of the default one. */
  readonly timeZone?: string | undefined;
  readonly owner?: string | null | undefined;
}

export interface BudgetQuery extends PageQuery {
  readonly status?: 'active' | 'closed' | undefined;
}

export interface Budgets {
  create(actor: Actor, input: BudgetInput, options?: ChangeOptions): Promise<BudgetView>;
  /** Acts on the current period too. Below what is used it is allowed: nothing is rewritten, approvals stop. */
  changeLimit(
    actor: Actor,
    budgetId: string,
    limit: string | number,
    options?: ChangeOptions,
  ): Promise<BudgetView>;
  /** It covers no purchase that is decided afterwards; what it has set aside is still settled in it. */
  close(actor: Actor, budgetId: string, options?: ChangeOptions): Promise<BudgetView>;
  get(budgetId: string): Promise<BudgetView>;
  list(query?: BudgetQuery): Promise<Page<BudgetView>>;
}

export function createBudgets(context: AdminContext): Budgets {
  return {
    create: (actor, input, options) => createBudget(context, actor, input, options),
    changeLimit: (actor, budgetId, limit, options) =>
      changeLimit(context, actor, { budgetId, limit }, options),
    close: (actor, budgetId, options) => closeBudget(context, actor, budgetId, options),
    async get(budgetId) {
      const rows = await readRows<StoredBudgetRow>(context.pool, findBudget(budgetId));
      const [view] = await viewsOf(context, rows);
      if (view === undefined) throw notFound('budget', budgetId);
      return view;
    },
    async list({ status = null, ...page } = {}) {
      const window = pageWindow(page);
      const rows = await readRows<StoredBudgetRow>(context.pool, listBudgets({ ...window, status }));
      const views = await viewsOf(context, rows);
      return pageOf(
        views,
        window,
        (view) => view.budgetId,
        (view) => view,
      );
    },
  };
}

async function createBudget(
  context: AdminContext,
  actor: Actor,
  input: BudgetInput,
  options: ChangeOptions | undefined,
): Promise<BudgetView> {
  const budgetId = input.budgetId === undefined ? newId('bud') : checkedId('/budget_id', input.budgetId);
  const scope = checkedScope(input.scope);
  const currency = checkedCurrency('/currency', input.currency);
  const fields = {
    name: checkedName('/name', input.name),
    ...checkedPeriod(input),
    limit_minor: checkedLimit(input.limit, currency),
    owner: input.owner == null ? null : checkedOwner('/owner', input.owner),
  };
  const timeZone = input.timeZone === undefined ? null : checkedTimeZone('/time_zone', input.timeZone);
  return applyChange(context, { actor, operation: 'budgets.create', options }, async (step) => {
    if ((await firstRow(step.tx, findBudget(budgetId))) !== null)
      throw alreadyExists('/budget_id', 'budget', budgetId);
    await refuseUnknownScope(step, scope);
    const row: StoredBudgetRow = {
      ...fields,
      budget_id: budgetId,
      scope,
      currency,
      time_zone: timeZone ?? (await timeZoneOfScope(step, scope)),
      status: 'active',
      created_at: step.at,
      entry_id: step.entryId,
    };
    await step.tx.query(insertBudget(row));
    await step.record({ type: 'budget.created', subjectId: budgetId, before: null, after: snapshotOf(row) });
    return budgetView(row, currentPeriodOf(row, step.at.getTime()), null);
  });
}

async function changeLimit(
  context: AdminContext,
  actor: Actor,
  { budgetId, limit }: { budgetId: string; limit: string | number },
  options: ChangeOptions | undefined,
): Promise<BudgetView> {
  return applyChange(
    context,
    { actor, operation: `budgets.change_limit/${budgetId}`, options },
    async (step) => {
      const before = await foundBudget(step, budgetId);
      if (before.status === 'closed')
        throw new AdminError('conflict', `the budget \`${budgetId}\` is closed`);
      const limitMinor = checkedLimit(limit, currencyOf(before));
      const current = currentPeriodOf(before, step.at.getTime());
      if (limitMinor === before.limit_minor)
        return budgetView(before, current, await periodRow(step, before, current));
      const row = { ...before, limit_minor: limitMinor, entry_id: step.entryId };
      await step.tx.query(updateBudget(row));
      const startsAt = current === undefined ? null : new Date(current.startMs);
      const { period, detail } = await applyLimitToPeriod(step, { budgetId, startsAt, limitMinor });
      await step.record({
        type: 'budget.limit_changed',
        subjectId: budgetId,
        before: snapshotOf(before),
        after: snapshotOf(row),
        detail,
      });
      return budgetView(row, current, period);
    },
  );
}

async function closeBudget(
  context: AdminContext,
  actor: Actor,
  budgetId: string,
  options: ChangeOptions | undefined,
): Promise<BudgetView> {
  return applyChange(context, { actor, operation: `budgets.close/${budgetId}`, options }, async (step) => {
    const before = await foundBudget(step, budgetId);
    const current = currentPeriodOf(before, step.at.getTime());
    const period = await periodRow(step, before, current);
    if (before.status === 'closed') return budgetView(before, current, period);
    const row: StoredBudgetRow = { ...before, status: 'closed', entry_id: step.entryId };
    await step.tx.query(updateBudget(row));
    const [former, latter] = [snapshotOf(before), snapshotOf(row)];
    await step.record({ type: 'budget.closed', subjectId: budgetId, before: former, after: latter });
    return budgetView(row, current, period);
  });
}

async function foundBudget(step: ChangeStep, budgetId: string): Promise<StoredBudgetRow> {
  const row = await firstRow<StoredBudgetRow>(step.tx, findBudget(budgetId));
  if (row === null) throw notFound('budget', budgetId);
  return row;
}

async function periodRow(
  step: ChangeStep,
  row: StoredBudgetRow,
  current: Period | undefined,
): Promise<BudgetPeriodRow | null> {
  if (current === undefined) return null;
  return firstRow(step.tx, findBudgetPeriods([{ budgetId: row.budget_id, startsAtMs: current.startMs }]));
}

async function timeZoneOfScope(step: ChangeStep, scope: readonly BudgetDimension[]): Promise<string> {
  const named = scope.find(({ type }) => type === 'entity');
  const lookup = named === undefined ? findDefaultEntity() : findLegalEntity(named.id);
  return (await firstRow<LegalEntityRow>(step.tx, lookup))?.time_zone ?? 'UTC';
}

function checkedPeriod({
  period: text,
  startsAt,
  endsAt,
}: BudgetInput): Pick<StoredBudgetRow, 'period' | 'starts_at' | 'ends_at'> {
  const period = PERIODS.find((candidate) => candidate === text);
  if (period === undefined) {
    throw invalid(
      '/period',
      `a period is one of ${PERIODS.map((name) => `\`${name}\``).join(', ')}`,
      'unknown_choice',
    );
  }
  if (period !== 'fixed') {
    if (startsAt === undefined && endsAt === undefined) return { period, starts_at: null, ends_at: null };
    const field = startsAt === undefined ? '/ends_at' : '/starts_at';
    throw invalid(field, 'only a `fixed` period has a start and an end of its own', 'not_a_fixed_period');
  }
  if (startsAt === undefined)
    throw invalid('/starts_at', 'a `fixed` period needs its start', 'missing_field');
  if (endsAt === undefined) throw invalid('/ends_at', 'a `fixed` period needs its end', 'missing_field');
  const [starts_at, ends_at] = [checkedInstant('/starts_at', startsAt), checkedInstant('/ends_at', endsAt)];
  if (ends_at <= starts_at) throw invalid('/ends_at', 'a period ends after it starts', 'out_of_range');
  return { period, starts_at, ends_at };
}

function checkedLimit(limit: string | number, currency: CurrencyCode): bigint {
  const amount = parseAmount(limit, currency, { allowZero: true });
  if (amount.ok) return amount.minor;
  throw invalid('/limit', amount.message, amount.code);
}

async function viewsOf(context: AdminContext, rows: readonly StoredBudgetRow[]): Promise<BudgetView[]> {
  const nowMs = context.now();
  const budgets = rows.map((row) => ({ row, current: currentPeriodOf(row, nowMs) }));
  const keys = budgets.flatMap(({ row, current }) =>
    current === undefined ? [] : [{ budgetId: row.budget_id, startsAtMs: current.startMs }],
  );
  const periods = await readRows<BudgetPeriodRow>(context.pool, findBudgetPeriods(keys));
  const byBudget = new Map(periods.map((period) => [period.budget_id, period]));
  return budgets.map(({ row, current }) => budgetView(row, current, byBudget.get(row.budget_id) ?? null));
}

function snapshotOf(row: StoredBudgetRow): Snapshot {
  return {
    currency: row.currency,
    ends_at: row.ends_at?.toISOString() ?? null,
    limit: formatAmount(row.limit_minor, currencyOf(row)),
    name: personal(row.name),
    owner: ownerSnapshot(row.owner),
    period: row.period,
    scope: row.scope, // a list of flat objects of texts
    starts_at: row.starts_at?.toISOString() ?? null,
    status: row.status,
    time_zone: row.time_zone,
  };
}

// admin/budgets.ts: budgets: their scope, period and limit, and how much of the current period is used.
// A period comes into being with its first use, in the gate; until then it shows zeros and the whole limit.
import { isDeepStrictEqual } from 'node:util';
import { formatAmount } from '@countersign/core';
import type { QueryResultRow } from 'pg';

import type { Statement } from '../db/statement.ts';
import { findBudget } from '../ledger/find-budget.ts';
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
import {
  type AllocationInput,
  type CarryOverInput,
  carryOverView,
  checkedAllocation,
  checkedCarryOver,
  checkedFirstLimit,
  checkedLimit,
  checkedPeriod,
} from './budget-input.ts';
import { applyLimitToPeriod } from './budget-limit.ts';
import {
  type BudgetDimension,
  type BudgetScopeInput,
  checkedScope,
  refuseUnknownScope,
} from './budget-scope.ts';
import { budgetViews } from './budget-standing.ts';
import { type BudgetView, currencyOf, currentPeriodOf } from './budget-view.ts';
import {
  checkedCurrency,
  checkedId,
  checkedName,
  checkedOwner,
  checkedReason,
  checkedTimeZone,
} from './checked-input.ts';
import { openPeriod, withOpenPeriods } from './open-current-periods.ts';
import { type Page, type PageQuery, pageOf, pageWindow } from './page.ts';
import { ownerSnapshot, personal, type Snapshot } from './personal-text.ts';

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
  /** A decimal string or a JSON number; zero allows nothing. Not where another system keeps its allocation. */
  readonly limit?: string | number | undefined;
  /** Default: the time zone of the legal entity in the scope, else of the default one. */
  readonly timeZone?: string | undefined;
  readonly owner?: string | null | undefined;
  /** What becomes of its unused room when a period ends; default `none`. */
  readonly carryOver?: CarryOverInput | undefined;
  /** Where its allocation is kept; default `internal`. */
  readonly allocation?: AllocationInput | undefined;
}

/** What is left out stays as it is. */
export interface BudgetUpdate {
  readonly limit?: string | number | undefined;
  readonly carryOver?: CarryOverInput | undefined;
  /** For the record. */
  readonly reason?: string | undefined;
}

export interface BudgetQuery extends PageQuery {
  readonly status?: 'active' | 'closed' | undefined;
}

export interface Budgets {
  create(actor: Actor, input: BudgetInput, options?: ChangeOptions): Promise<BudgetView>;
  /**
   * A limit acts on the current period too. Below what is used it is allowed: nothing is rewritten, approvals stop.
   * What is carried over is decided by the rule that holds when a period is opened.
   */
  update(actor: Actor, budgetId: string, update: BudgetUpdate, options?: ChangeOptions): Promise<BudgetView>;
  /** `update` of the limit alone. */
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
      changeBudget(context, actor, { budgetId, update: { limit } }, options),
    update: (actor, budgetId, update, options) => changeBudget(context, actor, { budgetId, update }, options),
    close: (actor, budgetId, options) => closeBudget(context, actor, budgetId, options),
    async get(budgetId) {
      const rows = await readRows<StoredBudgetRow>(context.pool, findBudget(budgetId));
      const [view] = await budgetViews((statement) => readRows(context.pool, statement), rows, context.now());
      if (view === undefined) throw notFound('budget', budgetId);
      return view;
    },
    async list({ status = null, ...page } = {}) {
      const window = pageWindow(page);
      const rows = await readRows<StoredBudgetRow>(context.pool, listBudgets({ ...window, status }));
      const views = await budgetViews((statement) => readRows(context.pool, statement), rows, context.now());
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
  const name = checkedName('/name', input.name);
  const period = checkedPeriod(input);
  const allocation = checkedAllocation(input.allocation, input.carryOver);
  const fields = {
    name,
    ...period,
    limit_minor: checkedFirstLimit(input.limit, currency, allocation),
    owner: input.owner == null ? null : checkedOwner('/owner', input.owner),
    carry_over: checkedCarryOver(input.carryOver, { period: period.period, currency }),
    allocation,
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
    return viewIn(step, row);
  });
}

interface BudgetChange {
  readonly budgetId: string;
  readonly update: BudgetUpdate;
}

async function changeBudget(
  context: AdminContext,
  actor: Actor,
  { budgetId, update }: BudgetChange,
  options: ChangeOptions | undefined,
): Promise<BudgetView> {
  const reason = update.reason === undefined ? null : checkedReason('/reason', update.reason);
  const [stored] = await readRows<StoredBudgetRow>(context.pool, findBudget(budgetId));
  if (stored === undefined) throw notFound('budget', budgetId);
  // Up to now its periods have the limit and the carry-over that held: those nobody used must not get the new ones.
  const needsPeriods = stored.carry_over !== null || update.carryOver !== undefined;
  return withOpenPeriods(context, needsPeriods ? [budgetId] : [], () =>
    applyChange(context, { actor, operation: `budgets.change_limit/${budgetId}`, options }, async (step) => {
      const before = await foundBudget(step, budgetId);
      if (before.status === 'closed')
        throw new AdminError('conflict', `the budget \`${budgetId}\` is closed`);
      const row = { ...before, ...changedFields(before, update), entry_id: step.entryId };
      const [former, latter] = [snapshotOf(before), snapshotOf(row)];
      if (isDeepStrictEqual(former, latter)) return viewIn(step, before);
      const current = currentPeriodOf(before, step.at.getTime());
      if (current !== undefined && (before.carry_over !== null || row.carry_over !== null))
        await openPeriod(step, before, current);
      await step.tx.query(updateBudget(row));
      const { detail } = await applyLimitToPeriod(step, {
        budgetId,
        startsAt:
          current === undefined || row.limit_minor === before.limit_minor ? null : new Date(current.startMs),
        limitMinor: row.limit_minor,
      });
      await step.record({
        type: row.limit_minor === before.limit_minor ? 'budget.updated' : 'budget.limit_changed',
        subjectId: budgetId,
        before: former,
        after: reason === null ? latter : { ...latter, reason: personal(reason) },
        detail,
        undo: undoOf(before, update),
      });
      return viewIn(step, row);
    }),
  );
}

function changedFields(
  before: StoredBudgetRow,
  { limit, carryOver }: BudgetUpdate,
): Partial<Pick<StoredBudgetRow, 'limit_minor' | 'carry_over'>> {
  const currency = currencyOf(before);
  if (
    before.allocation !== null &&
    (limit !== undefined || (carryOver !== undefined && carryOver !== 'none'))
  ) {
    const field = limit === undefined ? '/carry_over' : '/limit';
    throw invalid(field, 'its allocation is kept in another system: change it there', 'external_allocation');
  }
  return {
    ...(limit === undefined ? {} : { limit_minor: checkedLimit(limit, currency) }),
    ...(carryOver === undefined
      ? {}
      : { carry_over: checkedCarryOver(carryOver, { period: before.period, currency }) }),
  };
}

function undoOf(before: StoredBudgetRow, { limit, carryOver }: BudgetUpdate): unknown {
  const currency = currencyOf(before);
  return {
    ...(limit === undefined ? {} : { limit: formatAmount(before.limit_minor, currency) }),
    ...(carryOver === undefined
      ? {}
      : { carry_over: wireCarryOver(carryOverView(before.carry_over, currency)) }),
  };
}

function wireCarryOver(view: ReturnType<typeof carryOverView>): unknown {
  return typeof view === 'string' ? view : { unused_up_to: view.unusedUpTo };
}

async function closeBudget(
  context: AdminContext,
  actor: Actor,
  budgetId: string,
  options: ChangeOptions | undefined,
): Promise<BudgetView> {
  return applyChange(context, { actor, operation: `budgets.close/${budgetId}`, options }, async (step) => {
    const before = await foundBudget(step, budgetId);
    if (before.status === 'closed') return viewIn(step, before);
    const row: StoredBudgetRow = { ...before, status: 'closed', entry_id: step.entryId };
    await step.tx.query(updateBudget(row));
    const [former, latter] = [snapshotOf(before), snapshotOf(row)];
    await step.record({ type: 'budget.closed', subjectId: budgetId, before: former, after: latter });
    return viewIn(step, row);
  });
}

async function foundBudget(step: ChangeStep, budgetId: string): Promise<StoredBudgetRow> {
  const row = await firstRow<StoredBudgetRow>(step.tx, findBudget(budgetId));
  if (row === null) throw notFound('budget', budgetId);
  return row;
}

async function viewIn(step: ChangeStep, row: StoredBudgetRow): Promise<BudgetView> {
  const [view] = await budgetViews(
    async <Row extends QueryResultRow>(statement: Statement) => (await step.tx.query<Row>(statement)).rows,
    [row],
    step.at.getTime(),
  );
  if (view === undefined) throw new Error('a view for each budget');
  return view;
}

async function timeZoneOfScope(step: ChangeStep, scope: readonly BudgetDimension[]): Promise<string> {
  const named = scope.find(({ type }) => type === 'entity');
  const lookup = named === undefined ? findDefaultEntity() : findLegalEntity(named.id);
  return (await firstRow<LegalEntityRow>(step.tx, lookup))?.time_zone ?? 'UTC';
}

function snapshotOf(row: StoredBudgetRow): Snapshot {
  return {
    allocation: row.allocation,
    carry_over: row.carry_over,
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

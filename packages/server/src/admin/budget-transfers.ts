// admin/budget-transfers.ts: moves room from the current period of one budget to that of another, as transfers of the
// ledger that balance, in one entry. Under the configuration lock alone: no decision is under way meanwhile.
import {
  type Balance,
  type Period,
  type Transfer,
  applyTransfer,
  availableMinor,
  formatAmount,
  parseAmount,
} from '@countersign/core';

import { newId } from '../ids.ts';
import { type FoundBudgetTransferRow, findBudgetTransfer } from '../ledger/find-budget-transfer.ts';
import { findBudget } from '../ledger/find-budget.ts';
import type { BudgetPeriodRow } from '../ledger/find-budget-periods.ts';
import type { StoredBudgetRow } from '../ledger/insert-budget.ts';
import { type BudgetTransferRow, insertBudgetTransfers } from '../ledger/insert-budget-transfers.ts';
import { insertTransfers } from '../ledger/insert-transfers.ts';
import { listBudgetTransfers } from '../ledger/list-budget-transfers.ts';
import { lockBudgetPeriods } from '../ledger/lock-budget-periods.ts';
import { type MovedRow, sumBudgetTransfers } from '../ledger/sum-budget-transfers.ts';
import { updatePeriodLimit } from '../ledger/update-period-limit.ts';
import { callerId } from '../record/caller.ts';
import { transferRow } from '../record/open-budget-periods.ts';
import { AdminError, type AdminFault, invalid, notFound, unknownReference } from './admin-error.ts';
import {
  type Actor,
  type AdminContext,
  applyChange,
  type ChangeOptions,
  type ChangeStep,
  firstRow,
  readRows,
} from './apply-change.ts';
import { balanceOf, limitWithMoved } from './budget-limit.ts';
import { currencyOf, currentPeriodOf } from './budget-view.ts';
import { checkedCurrency, checkedReason } from './checked-input.ts';
import { openPeriod, withOpenPeriods } from './open-current-periods.ts';
import { type Page, type PageQuery, pageOf, pageWindow } from './page.ts';
import { personal } from './personal-text.ts';

export interface BudgetTransferInput {
  readonly from: string;
  readonly to: string;
  /** Above zero. */
  readonly amount: string | number;
  readonly currency: string;
  readonly reason: string;
}

export interface BudgetTransferView {
  readonly transferId: string;
  /** `carry_over`: the gateway moved it when a period was opened. */
  readonly kind: 'transfer' | 'carry_over';
  readonly from: string;
  readonly to: string;
  readonly amount: string;
  readonly currency: string;
  /** null: it was carried over, or its text has been erased. */
  readonly reason: string | null;
  readonly createdBy: string;
  readonly createdAt: string;
}

export interface BudgetTransferQuery extends PageQuery {
  /** Either end of it. */
  readonly budgetId?: string | undefined;
}

export interface BudgetTransfers {
  create(actor: Actor, input: BudgetTransferInput, options?: ChangeOptions): Promise<BudgetTransferView>;
  get(transferId: string): Promise<BudgetTransferView>;
  list(query?: BudgetTransferQuery): Promise<Page<BudgetTransferView>>;
}

export function createBudgetTransfers(context: AdminContext): BudgetTransfers {
  return {
    create: (actor, input, options) => createTransfer(context, actor, input, options),
    async get(transferId) {
      const [row] = await readRows<FoundBudgetTransferRow>(context.pool, findBudgetTransfer(transferId));
      if (row === undefined) throw notFound('budget transfer', transferId);
      return viewOf(row);
    },
    async list({ budgetId = null, ...page } = {}) {
      const window = pageWindow(page);
      const rows = await readRows<FoundBudgetTransferRow>(
        context.pool,
        listBudgetTransfers({ ...window, budgetId }),
      );
      return pageOf(rows, window, (row) => row.transfer_id, viewOf);
    },
  };
}

async function createTransfer(
  context: AdminContext,
  actor: Actor,
  input: BudgetTransferInput,
  options: ChangeOptions | undefined,
): Promise<BudgetTransferView> {
  const { from, to } = input;
  const currency = checkedCurrency('/currency', input.currency);
  const amount = parseAmount(input.amount, currency);
  if (!amount.ok) throw invalid('/amount', amount.message, amount.code);
  const reason = checkedReason('/reason', input.reason);
  if (from === to) throw invalid('/to', 'a transfer goes to another budget', 'same_budget');
  return withOpenPeriods(context, [from, to], () =>
    applyChange(context, { actor, operation: 'budget_transfers.create', options }, async (step) => {
      const ends = await endsOf(step, input, { amountMinor: amount.minor, currency });
      const transfers = await move(step, ends, amount.minor);
      const row: BudgetTransferRow = {
        transfer_id: newId('btr'),
        kind: 'transfer',
        from_budget_id: from,
        to_budget_id: to,
        from_period_id: ends.from.period.period_id,
        to_period_id: ends.to.period.period_id,
        currency,
        amount_minor: amount.minor,
        created_by: callerId(actor),
        created_at: step.at,
        entry_id: step.entryId,
      };
      await step.tx.query(insertBudgetTransfers([row]));
      await step.record({
        type: 'budget_transfer.created',
        subjectId: row.transfer_id,
        before: null,
        after: {
          amount: formatAmount(amount.minor, currency),
          currency,
          from,
          kind: row.kind,
          reason: personal(reason),
          to,
        },
        detail: {
          from_period_id: Number(row.from_period_id),
          to_period_id: Number(row.to_period_id),
          transfers: transfers.map(transferRow),
        },
      });
      return viewOf({ ...row, reason });
    }),
  );
}

interface End {
  readonly budget: StoredBudgetRow;
  readonly period: BudgetPeriodRow;
  readonly balance: Balance;
}

interface Ends {
  readonly from: End;
  readonly to: End;
}

async function endsOf(
  step: ChangeStep,
  input: BudgetTransferInput,
  { amountMinor, currency }: { readonly amountMinor: bigint; readonly currency: string },
): Promise<Ends> {
  const found = {
    from: await foundBudget(step, '/from', input.from),
    to: await foundBudget(step, '/to', input.to),
  };
  const faults = [...budgetFaults('/from', found.from, currency), ...budgetFaults('/to', found.to, currency)];
  const current = {
    from: currentPeriodOf(found.from, step.at.getTime()),
    to: currentPeriodOf(found.to, step.at.getTime()),
  };
  for (const side of ['from', 'to'] as const) {
    if (current[side] !== undefined) continue;
    faults.push({ pointer: `/${side}`, code: 'no_current_period', message: 'this budget has no period now' });
  }
  if (faults.length > 0 || current.from === undefined || current.to === undefined) throw refused(faults);
  const ends = await lockedEnds(step, found, { from: current.from, to: current.to });
  const { rows } = await step.tx.query<MovedRow>(sumBudgetTransfers([ends.to.period.period_id]));
  if (limitWithMoved(ends.to.budget.limit_minor, rows[0]) < 0n) {
    const message = 'its limit was cut below what it has given to other budgets: raise the limit first';
    throw refused([{ pointer: '/to', code: 'gave_more_than_its_limit', message }]);
  }
  const free = freeMinor(ends.from.balance);
  if (amountMinor > free) {
    const left = formatAmount(free, currencyOf(ends.from.budget));
    const message = `\`${input.from}\` has ${left} ${currency} free in its current period`;
    throw refused([{ pointer: '/amount', code: 'insufficient_room', message }]);
  }
  return ends;
}

/** What is neither used nor more than was ever allocated: a refund from another period is no room to give away. */
function freeMinor(balance: Balance): bigint {
  const available = availableMinor(balance);
  const free = available < balance.limitMinor ? available : balance.limitMinor;
  return free > 0n ? free : 0n;
}

async function foundBudget(step: ChangeStep, field: string, budgetId: string): Promise<StoredBudgetRow> {
  const row = await firstRow<StoredBudgetRow>(step.tx, findBudget(budgetId));
  if (row === null) throw unknownReference(field, 'budget', budgetId);
  return row;
}

function budgetFaults(pointer: string, budget: StoredBudgetRow, currency: string): AdminFault[] {
  const faults: AdminFault[] = [];
  if (budget.status === 'closed')
    faults.push({ pointer, code: 'budget_closed', message: 'this budget is closed' });
  if (budget.currency !== currency) {
    const message = `\`${budget.budget_id}\` is in ${budget.currency}: room moves between budgets of one currency`;
    faults.push({ pointer, code: 'currency_differs', message });
  }
  if (budget.allocation !== null) {
    const message = 'its allocation is kept in another system: move it there';
    faults.push({ pointer, code: 'external_allocation', message });
  }
  return faults;
}

function refused(faults: readonly AdminFault[]): AdminError {
  return new AdminError('invalid', faults[0]?.message ?? 'the transfer is refused', { faults });
}

/** Looked up, locked in the one order, and read again under the lock. */
async function lockedEnds(
  step: ChangeStep,
  budgets: { readonly from: StoredBudgetRow; readonly to: StoredBudgetRow },
  periods: { readonly from: Period; readonly to: Period },
): Promise<Ends> {
  const ids = [
    (await openPeriod(step, budgets.from, periods.from)).period_id,
    (await openPeriod(step, budgets.to, periods.to)).period_id,
  ];
  await step.tx.query(lockBudgetPeriods(ids));
  const end = async (side: 'from' | 'to'): Promise<End> => {
    const period = await openPeriod(step, budgets[side], periods[side]);
    return { budget: budgets[side], period, balance: balanceOf(period) };
  };
  return { from: await end('from'), to: await end('to') };
}

async function move(step: ChangeStep, { from, to }: Ends, amountMinor: bigint): Promise<Transfer[]> {
  const transfers: Transfer[] = [
    { periodId: from.period.period_id, from: 'available', to: 'external', amountMinor },
    { periodId: to.period.period_id, from: 'external', to: 'available', amountMinor },
  ];
  for (const [index, { period, balance }] of [from, to].entries()) {
    const transfer = transfers[index];
    if (transfer === undefined) throw new Error('a transfer for each end');
    const { limitMinor, overrunMinor } = applyTransfer(balance, transfer);
    await step.tx.query(updatePeriodLimit({ periodId: period.period_id, limitMinor, overrunMinor }));
  }
  const { entryId } = step;
  await step.tx.query(insertTransfers(transfers.map((transfer, line) => ({ ...transfer, entryId, line }))));
  return transfers;
}

function viewOf(row: FoundBudgetTransferRow): BudgetTransferView {
  const currency = row.currency as Parameters<typeof formatAmount>[1]; // of a budget, which parsed it
  return {
    transferId: row.transfer_id,
    kind: row.kind,
    from: row.from_budget_id,
    to: row.to_budget_id,
    amount: formatAmount(row.amount_minor, currency),
    currency: row.currency,
    reason: row.reason,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
  };
}

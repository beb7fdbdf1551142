// record/open-budget-periods.ts: brings budget periods into being inside a transaction that shares or holds the
// configuration lock: their rows, the transfers that give them their limit and what is carried over from the period
// before, and one log entry each. Must not decide which periods are needed.
// INVARIANT: what is carried over leaves the former period and enters the new one in the same entry, once.
import {
  type Balance,
  type CarryOver,
  type PeriodKind,
  type Transfer,
  applyTransfer,
  carriedMinor,
  periodContaining,
} from '@countersign/core';

import type { Commit, Transaction } from '../db/writer.ts';
import { newId } from '../ids.ts';
import { type LatestPeriodRow, findLatestPeriods } from '../ledger/find-latest-periods.ts';
import type { StoredCarryOver } from '../ledger/insert-budget.ts';
import { type NewBudgetPeriod, insertBudgetPeriods } from '../ledger/insert-budget-periods.ts';
import { type BudgetTransferRow, insertBudgetTransfers } from '../ledger/insert-budget-transfers.ts';
import { insertTransfers } from '../ledger/insert-transfers.ts';
import { type FormerPeriodRow, lockFormerPeriods } from '../ledger/lock-former-periods.ts';
import { updateBalances } from '../ledger/update-balances.ts';
import type { SystemCaller } from './caller.ts';
import { recordBatch } from './record-batch.ts';
import type { EntryDraft, Json, Recorder } from './recorder.ts';
import { takeEntries } from './take-entries.ts';

/** A budget that hands unused room on, as the configuration of the transaction has it. */
export interface CarryingBudget {
  readonly budgetId: string;
  readonly period: PeriodKind;
  readonly timeZone: string;
  readonly currency: string;
  readonly limitMinor: bigint;
  readonly carryOver: CarryOver;
}

export interface OpeningContext {
  readonly recorder: Recorder;
  readonly nowMs: number;
  /** Who opens them: the part of the gateway that needed them. */
  readonly actor: SystemCaller;
}

export interface Openings {
  /** undefined: they were there already. */
  readonly commit: Commit | undefined;
  /** false: there were too many to open at once; those that were asked for are not all there yet. */
  readonly isWhole: boolean;
}

/** A promise covers at most 512 entries. */
const OPENED_AT_ONCE_MAX = 500;

/**
 * Of a budget that carries over, the periods between its newest one and the wanted one are opened too: whether somebody
 * bought something in them makes no difference to what is carried. A budget without any begins when it was made.
 */
export async function openBudgetPeriods(
  tx: Transaction,
  wanted: readonly NewBudgetPeriod[],
  carrying: ReadonlyMap<string, CarryingBudget>,
  context: OpeningContext,
): Promise<Openings> {
  const skipped = await skippedPeriods(tx, wanted, carrying);
  const all = [...skipped, ...wanted].sort(byBudgetAndStart);
  const some = all.slice(0, OPENED_AT_ONCE_MAX);
  const isWhole = some.length === all.length;
  const { rows } = await tx.query<OpenedRow>(insertBudgetPeriods(some));
  if (rows.length === 0) return { commit: undefined, isWhole };
  rows.sort((a, b) =>
    byBudgetAndStart(
      { budgetId: a.budget_id, startsAtMs: a.starts_at.getTime() },
      { budgetId: b.budget_id, startsAtMs: b.starts_at.getTime() },
    ),
  );
  const carried = await carryInto(tx, rows, carrying);
  const { entryIds, transactionId } = await takeEntries(tx, rows.length);
  const opened = rows.map((row, index) => {
    const entryId = entryIds[index];
    if (entryId === undefined) throw new Error('an entry id for each period');
    const moved = carried.get(row.period_id);
    const transfers = [...limitTransfers(row), ...(moved === undefined ? [] : carryTransfers(moved, row))];
    return { row, entryId, transfers, moved, transferId: moved === undefined ? null : newId('btr') };
  });
  const drafts = opened.map((each) => draftOf(each, context.actor));
  const sealed = context.recorder.seal(entryIds, drafts, context.nowMs);
  const lines = opened.flatMap(({ entryId, transfers }) =>
    transfers.map((transfer, line) => ({ ...transfer, entryId, line })),
  );
  if (lines.length > 0) tx.send(insertTransfers(lines));
  const movements = opened.flatMap((each) => movementOf(each, context));
  if (movements.length > 0) tx.send(insertBudgetTransfers(movements));
  recordBatch(tx, sealed);
  return { commit: { ...sealed, transactionId }, isWhole };
}

export function carryOverOf(stored: StoredCarryOver | null): CarryOver | null {
  switch (stored?.kind) {
    case undefined:
      return null;
    case 'unused':
      return { kind: 'unused' };
    case 'up_to_amount':
      return { kind: 'up_to_amount', amountMinor: BigInt(stored.amount_minor) };
    case 'up_to_percent':
      return { kind: 'up_to_percent', percent: stored.percent };
  }
}

interface OpenedRow {
  period_id: bigint;
  budget_id: string;
  starts_at: Date;
  ends_at: Date | null;
  currency: string;
  limit_minor: bigint;
}

interface Carried {
  readonly formerId: bigint;
  readonly amountMinor: bigint;
}

interface Opened {
  readonly row: OpenedRow;
  readonly entryId: bigint;
  readonly transfers: readonly Transfer[];
  readonly moved: Carried | undefined;
  readonly transferId: string | null;
}

function byBudgetAndStart(
  a: Pick<NewBudgetPeriod, 'budgetId' | 'startsAtMs'>,
  b: Pick<NewBudgetPeriod, 'budgetId' | 'startsAtMs'>,
): number {
  if (a.budgetId !== b.budgetId) return a.budgetId < b.budgetId ? -1 : 1;
  return a.startsAtMs - b.startsAtMs;
}

async function skippedPeriods(
  tx: Transaction,
  wanted: readonly NewBudgetPeriod[],
  carrying: ReadonlyMap<string, CarryingBudget>,
): Promise<NewBudgetPeriod[]> {
  const ids = new Set(wanted.flatMap(({ budgetId }) => (carrying.has(budgetId) ? [budgetId] : [])));
  if (ids.size === 0) return [];
  const { rows } = await tx.query<LatestPeriodRow>(findLatestPeriods([...ids].sort()));
  return rows.flatMap((row) => {
    const budget = carrying.get(row.budget_id);
    const lastMs = Math.max(
      ...wanted.filter(({ budgetId }) => budgetId === row.budget_id).map(({ startsAtMs }) => startsAtMs),
    );
    return budget === undefined ? [] : periodsBefore(budget, row, lastMs);
  });
}

/** From where the budget's newest period ends, or from the one it was made in, up to the one that begins at `lastMs`. */
function periodsBefore(budget: CarryingBudget, latest: LatestPeriodRow, lastMs: number): NewBudgetPeriod[] {
  const { budgetId, period, timeZone, currency, limitMinor } = budget;
  const periods: NewBudgetPeriod[] = [];
  let at = (latest.ends_at ?? latest.budget_created_at).getTime();
  while (at < lastMs && periods.length < OPENED_AT_ONCE_MAX) {
    const found = periodContaining({ period, timeZone, at });
    if (found === undefined || found.endMs === null || found.startMs >= lastMs) break;
    periods.push({ budgetId, startsAtMs: found.startMs, endsAtMs: found.endMs, currency, limitMinor });
    at = found.endMs;
  }
  return periods;
}

/** Locks the period before each, and moves over what it has left; the balances are written, the transfers are not. */
async function carryInto(
  tx: Transaction,
  rows: readonly OpenedRow[],
  carrying: ReadonlyMap<string, CarryingBudget>,
): Promise<Map<bigint, Carried>> {
  const carried = new Map<bigint, Carried>();
  const candidates = rows.filter((row) => carrying.has(row.budget_id));
  if (candidates.length === 0) return carried;
  const ids = candidates.map((row) => row.period_id);
  const formers = (await tx.query<FormerPeriodRow>(lockFormerPeriods(ids))).rows;
  const formerOf = new Map(formers.map((row) => [row.opened_id, row]));
  const balances = new Map<bigint, Balance & { periodId: bigint }>();
  for (const row of candidates) {
    const budget = carrying.get(row.budget_id);
    const former = formerOf.get(row.period_id);
    if (budget === undefined || former === undefined) continue;
    const before = balances.get(former.period_id) ?? balanceOf(former);
    const amountMinor = carriedMinor(budget.carryOver, { former: before, limitMinor: row.limit_minor });
    if (amountMinor === 0n) continue;
    const moved = { formerId: former.period_id, amountMinor };
    const [out, into] = carryTransfers(moved, row);
    balances.set(former.period_id, applyTransfer(before, out));
    balances.set(row.period_id, applyTransfer(openedBalance(row), into));
    carried.set(row.period_id, moved);
  }
  if (balances.size > 0) tx.send(updateBalances([...balances.values()]));
  return carried;
}

function limitTransfers({ period_id: periodId, limit_minor: amountMinor }: OpenedRow): Transfer[] {
  return amountMinor === 0n ? [] : [{ periodId, from: 'external', to: 'available', amountMinor }];
}

function carryTransfers(
  { formerId, amountMinor }: Carried,
  { period_id: periodId }: OpenedRow,
): [out: Transfer, into: Transfer] {
  return [
    { periodId: formerId, from: 'available', to: 'external', amountMinor },
    { periodId, from: 'external', to: 'available', amountMinor },
  ];
}

function balanceOf(row: FormerPeriodRow): Balance & { periodId: bigint } {
  return {
    periodId: row.period_id,
    limitMinor: row.limit_minor,
    pendingMinor: row.pending_minor,
    committedMinor: row.committed_minor,
    spentMinor: row.spent_minor,
    overrunMinor: row.overrun_minor,
  };
}

function openedBalance({
  period_id: periodId,
  limit_minor: limitMinor,
}: OpenedRow): Balance & { periodId: bigint } {
  return { periodId, limitMinor, pendingMinor: 0n, committedMinor: 0n, spentMinor: 0n, overrunMinor: 0n };
}

function draftOf({ row, transfers, moved, transferId }: Opened, actor: SystemCaller): EntryDraft {
  return {
    type: 'budget.period_opened',
    subjectId: row.budget_id,
    actor,
    body: {
      period_id: Number(row.period_id),
      carried_over:
        moved === undefined
          ? undefined
          : {
              amount_minor: moved.amountMinor.toString(),
              from_period_id: Number(moved.formerId),
              transfer_id: transferId,
            },
      currency: row.currency,
      ends_at: row.ends_at?.toISOString() ?? null,
      starts_at: row.starts_at.toISOString(),
      limit_minor: row.limit_minor.toString(),
      transfers: transfers.map(transferRow),
    },
  };
}

/** A transfer as entries state it. */
export function transferRow({ periodId, from, to, amountMinor }: Transfer): Json {
  return [Number(periodId), from, to, amountMinor.toString()];
}

function movementOf(
  { row, entryId, moved, transferId }: Opened,
  { actor, nowMs }: OpeningContext,
): BudgetTransferRow[] {
  if (moved === undefined || transferId === null) return [];
  return [
    {
      transfer_id: transferId,
      kind: 'carry_over',
      from_budget_id: row.budget_id,
      to_budget_id: row.budget_id,
      from_period_id: moved.formerId,
      to_period_id: row.period_id,
      currency: row.currency,
      amount_minor: moved.amountMinor,
      created_by: actor.name,
      created_at: new Date(nowMs),
      entry_id: entryId,
    },
  ];
}

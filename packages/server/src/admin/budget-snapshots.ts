// admin/budget-snapshots.ts: takes what another system says of a budget whose allocation it keeps. A frequent write, so
// it shares the configuration lock as a decision does, and locks the budget's current period: every decision on that
// budget holds the same lock. Its figures become the period's limit, as transfers; one that contradicts changes nothing
// but what is known. Must not judge on its own: core says what contradicts.
import { isDeepStrictEqual } from 'node:util';
import {
  areSameFigures,
  type BudgetSnapshot,
  contradictionsOf,
  roomOfSnapshot,
  type Transfer,
} from '@countersign/core';
import type { QueryResultRow } from 'pg';

import type { Statement } from '../db/statement.ts';
import type { Transaction, TransactionOutcome } from '../db/writer.ts';
import { findBudget } from '../ledger/find-budget.ts';
import type { BudgetPeriodRow } from '../ledger/find-budget-periods.ts';
import { type FoundBudgetSnapshotRow, findBudgetSnapshots } from '../ledger/find-budget-snapshots.ts';
import type { StoredBudgetRow } from '../ledger/insert-budget.ts';
import { type BudgetSnapshotRow, insertBudgetSnapshot } from '../ledger/insert-budget-snapshot.ts';
import { insertTransfers } from '../ledger/insert-transfers.ts';
import { lockBudgetPeriod } from '../ledger/lock-budget-period.ts';
import { lockConfigurationShared } from '../ledger/lock-configuration.ts';
import { updatePeriodLimit } from '../ledger/update-period-limit.ts';
import { transferRow } from '../record/open-budget-periods.ts';
import type { EntryDraft } from '../record/recorder.ts';
import { recordBatch } from '../record/record-batch.ts';
import { takeEntries } from '../record/take-entries.ts';
import { AdminError, invalid, notFound } from './admin-error.ts';
import { type Actor, type AdminContext, firstRow } from './apply-change.ts';
import { checkedAmount } from './budget-input.ts';
import { balanceOf, changeLimitOf } from './budget-limit.ts';
import { budgetViews } from './budget-standing.ts';
import { type BudgetView, currentPeriodOf } from './budget-view.ts';
import { checkedCurrency, checkedInstant, checkedReference } from './checked-input.ts';
import { openPeriod, withOpenPeriods } from './open-current-periods.ts';

export interface BudgetSnapshotInput {
  readonly allocated: string | number;
  /** Committed and actually spent past this gateway; default 0. */
  readonly committedElsewhere?: string | number | undefined;
  readonly actualElsewhere?: string | number | undefined;
  readonly currency: string;
  /** RFC 3339: when this was so. */
  readonly asOf: string;
  /** Which system says so. */
  readonly source: string;
  /** RFC 3339; the start of the budget period it is for, to be compared with the one `asOf` lies in. */
  readonly periodStartsAt?: string | undefined;
}

export interface BudgetSnapshots {
  /** The budget as it stands with it. Sending the one that came last again changes nothing. */
  receive(actor: Actor, budgetId: string, input: BudgetSnapshotInput): Promise<BudgetView>;
}

export function createBudgetSnapshots(context: AdminContext): BudgetSnapshots {
  return {
    receive: (actor, budgetId, input) => {
      const snapshot = checkedSnapshot(input);
      return withOpenPeriods(context, [budgetId], () =>
        context.writer.transaction(async (tx) => {
          tx.send(lockConfigurationShared());
          const budget = await foundBudget(tx, budgetId);
          return receive(tx, budget, { actor, ...snapshot }, context);
        }),
      );
    },
  };
}

interface Received {
  readonly actor: Actor;
  readonly snapshot: BudgetSnapshot;
  readonly saidPeriodStartsAtMs: number | null;
}

function checkedSnapshot(input: BudgetSnapshotInput): Omit<Received, 'actor'> {
  const currency = checkedCurrency('/currency', input.currency);
  const { committedElsewhere = 0, actualElsewhere = 0, periodStartsAt } = input;
  return {
    snapshot: {
      source: checkedReference('/source', input.source),
      currency,
      allocatedMinor: checkedAmount('/allocated', input.allocated, currency),
      committedElsewhereMinor: checkedAmount('/committed_elsewhere', committedElsewhere, currency),
      actualElsewhereMinor: checkedAmount('/actual_elsewhere', actualElsewhere, currency),
      asOfMs: checkedInstant('/as_of', input.asOf).getTime(),
    },
    saidPeriodStartsAtMs:
      periodStartsAt === undefined ? null : checkedInstant('/period_starts_at', periodStartsAt).getTime(),
  };
}

async function foundBudget(tx: Transaction, budgetId: string): Promise<StoredBudgetRow> {
  const row = await firstRow<StoredBudgetRow>(tx, findBudget(budgetId));
  if (row === null) throw notFound('budget', budgetId);
  if (row.status === 'closed') throw new AdminError('conflict', `the budget \`${budgetId}\` is closed`);
  if (row.allocation !== null) return row;
  throw invalid('', 'the allocation of this budget is not kept in another system', 'internal_allocation');
}

async function receive(
  tx: Transaction,
  budget: StoredBudgetRow,
  received: Received,
  { recorder, now }: AdminContext,
): Promise<TransactionOutcome<BudgetView>> {
  const nowMs = now();
  const { snapshot, actor } = received;
  const current = await lockedCurrentPeriod(tx, budget, nowMs);
  const before = (await tx.query<FoundBudgetSnapshotRow>(findBudgetSnapshots([budget.budget_id]))).rows;
  const latest = before.find((row) => row.is_latest);
  const periodStartsAtMs = currentPeriodOf(budget, snapshot.asOfMs)?.startMs ?? null;
  const contradictions = contradictionsIn(received, { budget, before, periodStartsAtMs, nowMs });
  if (latest !== undefined && isRepeated(latest, snapshot, contradictions))
    return { result: await viewIn(tx, budget, nowMs) };
  const { entryIds, transactionId } = await takeEntries(tx, 1);
  const entryId = entryIds[0];
  if (entryId === undefined) throw new Error('an entry id for the snapshot');
  const row: BudgetSnapshotRow = {
    budget_id: budget.budget_id,
    period_starts_at: periodStartsAtMs === null ? null : new Date(periodStartsAtMs),
    source: snapshot.source,
    currency: snapshot.currency,
    allocated_minor: snapshot.allocatedMinor,
    committed_elsewhere_minor: snapshot.committedElsewhereMinor,
    actual_elsewhere_minor: snapshot.actualElsewhereMinor,
    as_of: new Date(snapshot.asOfMs),
    contradictions,
    created_at: new Date(nowMs),
    entry_id: entryId,
  };
  tx.send(insertBudgetSnapshot(row));
  const isOfNow = contradictions.length === 0 && current?.starts_at.getTime() === periodStartsAtMs;
  const transfers = isOfNow ? setLimit(tx, current, roomOfSnapshot(snapshot)) : [];
  if (transfers.length > 0)
    tx.send(insertTransfers(transfers.map((transfer, line) => ({ ...transfer, entryId, line }))));
  const result = await viewIn(tx, budget, nowMs);
  const sealed = recorder.seal(entryIds, [draftOf(row, transfers, actor)], nowMs);
  recordBatch(tx, sealed);
  return { result, commit: { ...sealed, transactionId } };
}

/** The guard of all decisions on this budget; null: it has no period now, so no decision is made on it. */
async function lockedCurrentPeriod(
  tx: Transaction,
  budget: StoredBudgetRow,
  nowMs: number,
): Promise<BudgetPeriodRow | null> {
  const current = currentPeriodOf(budget, nowMs);
  if (current === undefined) return null;
  await tx.query(lockBudgetPeriod({ budgetId: budget.budget_id, startsAt: new Date(current.startMs) }));
  return openPeriod({ tx }, budget, current);
}

function isRepeated(
  latest: FoundBudgetSnapshotRow,
  snapshot: BudgetSnapshot,
  contradictions: readonly string[],
): boolean {
  const last = snapshotOfRow(latest);
  return (
    last.source === snapshot.source &&
    last.asOfMs === snapshot.asOfMs &&
    areSameFigures(last, snapshot) &&
    isDeepStrictEqual(latest.contradictions, contradictions)
  );
}

function contradictionsIn(
  { snapshot, saidPeriodStartsAtMs }: Received,
  known: {
    readonly budget: StoredBudgetRow;
    readonly before: readonly FoundBudgetSnapshotRow[];
    readonly periodStartsAtMs: number | null;
    readonly nowMs: number;
  },
): string[] {
  const { budget, before, periodStartsAtMs, nowMs } = known;
  const reliable = before.find((row) => row.contradictions.length === 0);
  const disputed = before.find((row) => row.contradictions.includes('disagrees_at_the_same_moment'));
  return contradictionsOf(snapshot, {
    nowMs,
    budgetCurrency: budget.currency,
    periodStartsAtMs,
    saidPeriodStartsAtMs,
    last: reliable === undefined ? null : snapshotOfRow(reliable),
    disputedAsOfMs: disputed?.as_of.getTime() ?? null,
  });
}

function snapshotOfRow(row: BudgetSnapshotRow): BudgetSnapshot {
  return {
    source: row.source,
    currency: row.currency,
    allocatedMinor: row.allocated_minor,
    committedElsewhereMinor: row.committed_elsewhere_minor,
    actualElsewhereMinor: row.actual_elsewhere_minor,
    asOfMs: row.as_of.getTime(),
  };
}

function setLimit(tx: Transaction, current: BudgetPeriodRow, limitMinor: bigint): Transfer[] {
  const { transfers, balance } = changeLimitOf(current.period_id, balanceOf(current), limitMinor);
  if (transfers.length === 0) return transfers;
  const { overrunMinor } = balance;
  tx.send(updatePeriodLimit({ periodId: current.period_id, limitMinor: balance.limitMinor, overrunMinor }));
  return transfers;
}

async function viewIn(tx: Transaction, budget: StoredBudgetRow, nowMs: number): Promise<BudgetView> {
  const [view] = await budgetViews(
    async <Row extends QueryResultRow>(statement: Statement) => (await tx.query<Row>(statement)).rows,
    [budget],
    nowMs,
  );
  if (view === undefined) throw new Error('a view for each budget');
  return view;
}

function draftOf(row: BudgetSnapshotRow, transfers: readonly Transfer[], actor: Actor): EntryDraft {
  return {
    type: 'budget.snapshot_received',
    subjectId: row.budget_id,
    actor,
    body: {
      snapshot: {
        actual_elsewhere_minor: row.actual_elsewhere_minor.toString(),
        allocated_minor: row.allocated_minor.toString(),
        as_of: row.as_of.toISOString(),
        committed_elsewhere_minor: row.committed_elsewhere_minor.toString(),
        contradictions: row.contradictions,
        currency: row.currency,
        period_starts_at: row.period_starts_at?.toISOString() ?? null,
        source: row.source,
      },
      transfers: transfers.length === 0 ? undefined : transfers.map(transferRow),
    },
  };
}

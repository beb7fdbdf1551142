// gate/write-state.ts: the rows of state and ledger that a batch leaves behind, as multi-row statements. The log's rows
// follow in the same transaction.
import { combineStatements } from '../db/combine-statements.ts';
import type { Statement } from '../db/statement.ts';
import { insertChecks } from '../ledger/insert-checks.ts';
import { insertIdempotencyKeys } from '../ledger/insert-idempotency-keys.ts';
import { insertNote } from '../ledger/insert-note.ts';
import { insertPurchases } from '../ledger/insert-purchases.ts';
import { insertReceipt } from '../ledger/insert-receipt.ts';
import { insertRejection } from '../ledger/insert-rejection.ts';
import { insertSignature } from '../ledger/insert-signature.ts';
import { insertTransfers } from '../ledger/insert-transfers.ts';
import { updateBalances } from '../ledger/update-balances.ts';
import { updatePeriodRates } from '../ledger/update-period-rates.ts';
import { updatePurchases } from '../ledger/update-purchases.ts';
import { upsertApprovals } from '../ledger/upsert-approvals.ts';
import { upsertAuthorization } from '../ledger/upsert-authorization.ts';
import { type UpsertCardsRow, upsertCards } from '../ledger/upsert-cards.ts';
import { periodRateRows } from './exchange-rows.ts';
import { insertRelatedDays } from '../ledger/insert-related-days.ts';
import { updateRelatedDays } from '../ledger/update-related-days.ts';
import { upsertRelatedStop } from '../ledger/upsert-related-stop.ts';
import type { WorkingPurchase, WorkingSet } from './working-set.ts';

/** In the order they are sent; none where there is nothing to write. */
export function writeState(working: WorkingSet, nowMs: number): Statement[] {
  const opened = working.newPurchases.length > 0 ? [insertPurchases(working.newPurchases)] : [];
  const updated = working.changedPurchases.size > 0 ? [updatePurchases(updatesOf(working))] : [];
  // A purchase that was opened and taken further in one batch must be there before it is updated.
  const [ahead, together] = updated.length > 0 ? [opened, updated] : [[], opened];
  const add = <T>(rows: readonly T[], statement: (rows: readonly T[]) => Statement): void => {
    if (rows.length > 0) together.push(statement(rows));
  };
  add(approvalsOf(working), upsertApprovals);
  add(cardsOf(working), upsertCards);
  add(working.checks, insertChecks);
  add(working.takenKeys, (keys) => insertIdempotencyKeys(keys, nowMs));
  add(working.transfers, insertTransfers);
  add(working.changedBalances, updateBalances);
  const days = working.related.changed;
  add(
    days.filter(({ isNew }) => isNew),
    insertRelatedDays,
  );
  add(
    days.filter(({ isNew }) => !isNew),
    updateRelatedDays,
  );
  const [first, ...others] = together;
  return [
    ...ahead,
    ...(first === undefined ? [] : [combineStatements([first, ...others])]),
    ...singlesOf(working),
  ];
}

/** What a batch seldom has more than one of. */
function singlesOf(working: WorkingSet): Statement[] {
  return [
    ...[...working.changedAuthorizations.values()].map(({ authorization, cardId, atMs, entryId }) =>
      upsertAuthorization({ ...authorization, cardId, createdAtMs: atMs, entryId }),
    ),
    ...[...working.changedPeriodRates].map((requestId) =>
      updatePeriodRates({
        requestId,
        periodRates: periodRateRows(purchaseOf(working, requestId).state.periodRates) ?? null,
      }),
    ),
    ...working.signatures.map(insertSignature),
    ...working.rejections.map(insertRejection),
    ...working.receipts.map(insertReceipt),
    ...working.notes.map(insertNote),
    ...working.newStops.map(upsertRelatedStop),
  ];
}

/** Existing requests, and new ones that a later command of the same batch took further. */
function updatesOf(working: WorkingSet): Parameters<typeof updatePurchases>[0] {
  return [...working.changedPurchases].map(([requestId, entryId]) => {
    const { state, externalExpiresAtMs } = purchaseOf(working, requestId);
    return {
      requestId,
      status: state.status,
      checkoutStatus: state.checkoutStatus,
      reservedPeriods: state.reservedPeriods,
      reservedMinor: state.reservedMinor,
      settledMinor: state.settledMinor,
      approvedBy: state.approvedBy,
      externalExpiresAtMs,
      entryId,
    };
  });
}

function approvalsOf(working: WorkingSet): Parameters<typeof upsertApprovals>[0] {
  return [...working.changedApprovals].map(([requestId, { approval, entryId }]) => ({
    ...approval,
    requestId,
    entryId,
  }));
}

function cardsOf(working: WorkingSet): UpsertCardsRow[] {
  return [...working.changedCards].map(([requestId, entryId]) => {
    const { card } = purchaseOf(working, requestId).state;
    if (card === null) throw new Error('a changed card exists');
    return { entryId, ...card };
  });
}

function purchaseOf(working: WorkingSet, requestId: string): WorkingPurchase {
  const purchase = working.purchase(requestId);
  if (purchase === undefined) throw new Error('a changed purchase is in the working set');
  return purchase;
}

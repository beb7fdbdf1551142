// gate/load-facts.ts: takes a batch's locks in the one lock order, then reads its facts. Lock first, then look: each
// statement that reads is sent after the statement that locked what guards it, all in one round trip.
import type {
  ApprovalState,
  ApprovalStep,
  AuthorizationState,
  CardState,
  Merchant,
  PurchaseState,
} from '@countersign/core';
import type { QueryResultRow } from 'pg';

import type { Statement } from '../db/statement.ts';
import type { Transaction } from '../db/writer.ts';
import { cardIdOf, requestIdOfCard } from '../ids.ts';
import { type IdempotencyClaim, claimIdempotencyKeys } from '../ledger/claim-idempotency-keys.ts';
import { type DuplicateRow, findDuplicates } from '../ledger/find-duplicates.ts';
import { type IdempotencyRow, findIdempotencyKeys } from '../ledger/find-idempotency-keys.ts';
import { type BudgetPeriodRow, lockBudgetPeriods } from '../ledger/lock-budget-periods.ts';
import { lockConfigurationShared } from '../ledger/lock-configuration.ts';
import { lockIdempotencyKeys } from '../ledger/lock-idempotency-keys.ts';
import { lockDuplicateKeys } from '../ledger/lock-duplicate-keys.ts';
import { type LockCardsRow, lockCards } from '../ledger/lock-cards.ts';
import { type LockPurchasesRow, lockPurchases } from '../ledger/lock-purchases.ts';
import { type ReadApprovalsRow, readApprovals } from '../ledger/read-approvals.ts';
import { type ReadAuthorizationsRow, readAuthorizations } from '../ledger/read-authorizations.ts';
import { takeEntries } from '../record/take-entries.ts';
import type { PreparedStep } from './prepare-command.ts';
import { type WorkingPurchase, WorkingSet } from './working-set.ts';

export interface BatchKeys {
  readonly claims: readonly IdempotencyClaim[];
  readonly fingerprints: readonly bigint[];
  readonly periodIds: readonly bigint[];
  readonly steps: readonly PreparedStep[];
  readonly entryCountMax: number;
}

export interface BatchFacts {
  readonly configurationVersion: bigint;
  readonly transactionId: string;
  readonly claimed: ReadonlySet<string>;
  readonly holders: readonly IdempotencyRow[];
  /** Keys of the batch's steps that somebody has already. */
  readonly stepHolders: readonly IdempotencyRow[];
  readonly working: WorkingSet;
  /** Private text of existing purchases, for the answers. */
  readonly privateTexts: ReadonlyMap<string, unknown>;
}

/** Waits for the locks. `nowMs`: when idempotency keys were claimed. */
export async function loadFacts(tx: Transaction, keys: BatchKeys, nowMs: number): Promise<BatchFacts> {
  const requestIds = [...new Set(keys.steps.map((step) => step.requestId))];
  const cardIds = requestIds.map(cardIdOf);
  const some = <R extends QueryResultRow>(present: boolean, statement: () => Statement): Promise<R[]> => {
    const rows = present ? tx.query<R>(statement()).then((result) => result.rows) : Promise.resolve([]);
    rows.catch(() => undefined); // never awaited when an earlier one fails
    return rows;
  };

  const shared = tx.query(lockConfigurationShared());
  const claimed = some<{ resource_id: string }>(keys.claims.length > 0, () =>
    claimIdempotencyKeys(keys.claims, nowMs),
  );
  const stepKeys = keys.steps.flatMap((step) => step.idempotency ?? []);
  const stepGuards = some(stepKeys.length > 0, () => lockIdempotencyKeys(stepKeys));
  const guards = some(keys.fingerprints.length > 0, () => lockDuplicateKeys(keys.fingerprints));
  const balances = some<BudgetPeriodRow>(keys.periodIds.length > 0, () => lockBudgetPeriods(keys.periodIds));
  const stepHolders = some<IdempotencyRow>(stepKeys.length > 0, () => findIdempotencyKeys(stepKeys));
  const purchases = some<LockPurchasesRow>(requestIds.length > 0, () => lockPurchases(requestIds));
  const cards = some<LockCardsRow>(requestIds.length > 0, () => lockCards(cardIds));
  const duplicates = some<DuplicateRow>(keys.fingerprints.length > 0, () =>
    findDuplicates(keys.fingerprints),
  );
  const approvals = some<ReadApprovalsRow>(requestIds.length > 0, () => readApprovals(requestIds));
  const authorizations = some<ReadAuthorizationsRow>(requestIds.length > 0, () =>
    readAuthorizations(cardIds),
  );
  const taken = takeEntries(tx, keys.entryCountMax);
  taken.catch(() => undefined); // never awaited when an earlier one fails

  await shared;
  const claimedIds = new Set((await claimed).map((row) => row.resource_id));
  // Only for keys that somebody else has; after the claim, so that it sees what the claim waited for.
  const others = keys.claims.filter((claim) => !claimedIds.has(claim.resourceId));
  const holders = some<IdempotencyRow>(others.length > 0, () => findIdempotencyKeys(others));
  await stepGuards;
  await guards;
  const { entryIds, transactionId, configurationVersion } = await taken;
  const working = new WorkingSet(entryIds);
  working.loadBalances(await balances);
  working.loadDuplicates(await duplicates);
  const rows = await purchases;
  for (const purchase of purchasesOf(rows, await cards, await approvals, await authorizations, keys.steps)) {
    working.loadPurchase(purchase);
  }
  return {
    configurationVersion,
    transactionId,
    claimed: claimedIds,
    holders: await holders,
    stepHolders: await stepHolders,
    working,
    privateTexts: new Map(rows.map((row) => [row.request_id, row.private_text])),
  };
}

function purchasesOf(
  rows: readonly LockPurchasesRow[],
  cards: readonly LockCardsRow[],
  approvals: readonly ReadApprovalsRow[],
  authorizations: readonly ReadAuthorizationsRow[],
  steps: readonly PreparedStep[],
): WorkingPurchase[] {
  const actions = new Map(steps.map((step) => [step.requestId, step.action]));
  return rows.flatMap((row) => {
    const action = actions.get(row.request_id);
    if (action === undefined) return [];
    const card = cards.find((candidate) => requestIdOfCard(candidate.card_id) === row.request_id);
    const approval = approvals.find((candidate) => candidate.request_id === row.request_id);
    const state: PurchaseState = {
      requestId: row.request_id,
      action,
      // the database's enums are the core's
      status: row.status as PurchaseState['status'],
      checkoutStatus: row.checkout_status as PurchaseState['checkoutStatus'],
      reservedPeriods: row.reserved_periods,
      reservedMinor: row.reserved_minor,
      settledMinor: row.settled_minor,
      approvedBy: row.approved_by,
      approval: approval === undefined ? null : approvalOf(approval),
      card: card === undefined ? null : cardOf(card),
      authorizations: authorizations
        .filter((candidate) => requestIdOfCard(candidate.card_id) === row.request_id)
        .map(authorizationOf),
    };
    return [{ state, externalExpiresAtMs: row.external_expires_at?.getTime() ?? null }];
  });
}

function approvalOf(row: ReadApprovalsRow): ApprovalState {
  return {
    approvalId: row.approval_id,
    status: row.status as ApprovalState['status'],
    termsHash: row.terms_hash.toString('hex'),
    steps: row.steps as ApprovalStep[], // written by upsertApprovals only
    createdAtMs: row.created_at.getTime(),
    expiresAtMs: row.expires_at.getTime(),
  };
}

function cardOf(row: LockCardsRow): CardState {
  return {
    cardId: row.card_id,
    rail: row.rail,
    provider: row.provider,
    status: row.status as CardState['status'],
    last4: row.last4,
    expiresAtMs: row.expires_at.getTime(),
  };
}

function authorizationOf(row: ReadAuthorizationsRow): AuthorizationState {
  return {
    authorizationId: row.authorization_id,
    approved: row.approved,
    reason: row.reason,
    amountMinor: row.amount_minor,
    currency: row.currency,
    merchant: row.merchant as Merchant, // written by upsertAuthorization only
    forced: row.forced,
    capturedMinor: row.captured_minor,
    reversedMinor: row.reversed_minor,
    refundedMinor: row.refunded_minor,
    closed: row.closed,
  };
}

// gate/load-facts.ts: takes a batch's locks in the one lock order, then reads its facts. Lock first, then look: what is not
// read by the statement that locks is sent after it, all in one round trip.
import type {
  ApprovalState,
  ApprovalStep,
  AuthorizationState,
  CardState,
  Merchant,
  PurchaseState,
} from '@countersign/core';

import type { Transaction } from '../db/writer.ts';
import { cardIdOf, requestIdOfCard } from '../ids.ts';
import { type IdempotencyRow, findIdempotencyKeys } from '../ledger/find-idempotency-keys.ts';
import type { IdempotencyClaim, IdempotencyKey } from '../ledger/idempotency-key.ts';
import { type LockBatchRow, lockBatch } from '../ledger/lock-batch.ts';
import { type ReadApprovalsRow, readApprovals } from '../ledger/read-approvals.ts';
import { type ReadAuthorizationsRow, readAuthorizations } from '../ledger/read-authorizations.ts';
import { type ReadCardsRow, readCards } from '../ledger/read-cards.ts';
import { type ReadPurchasesRow, readPurchases } from '../ledger/read-purchases.ts';
import type { PreparedStep } from './prepare-command.ts';
import { type WorkingBalance, type WorkingPurchase, WorkingSet } from './working-set.ts';

export interface BatchKeys {
  readonly claims: readonly IdempotencyClaim[];
  readonly fingerprints: readonly bigint[];
  readonly periodIds: readonly bigint[];
  readonly steps: readonly PreparedStep[];
  readonly entryCountMax: number;
}

/** What a batch is decided on, as it stood under its locks. */
export interface BatchFacts {
  readonly configurationVersion: bigint;
  /** Ascending: one for every transition the batch can make. */
  readonly entryIds: readonly bigint[];
  /** Resource ids of the idempotency claims that were granted. */
  readonly claimed: ReadonlySet<string>;
  readonly holders: readonly IdempotencyRow[];
  /** Keys of the batch's steps that somebody has already. */
  readonly stepHolders: readonly IdempotencyRow[];
  readonly balances: readonly WorkingBalance[];
  /** Fingerprint -> when such an action was last accepted, milliseconds. */
  readonly duplicates: ReadonlyMap<bigint, number>;
  readonly purchases: readonly WorkingPurchase[];
  /** Private text of existing purchases, for the answers. */
  readonly privateTexts: ReadonlyMap<string, unknown>;
}

export type LockedFacts = BatchFacts & { readonly transactionId: string };

/** Waits for the locks. `nowMs`: when idempotency keys were claimed. */
export async function loadFacts(tx: Transaction, keys: BatchKeys, nowMs: number): Promise<LockedFacts> {
  const { claims, fingerprints, periodIds, steps } = keys;
  const requestIds = [...new Set(steps.map((step) => step.requestId))].sort();
  const cardIds = requestIds.map(cardIdOf);
  const stepKeys = steps.flatMap((step) => step.idempotency ?? []);
  const locking = tx.query<LockBatchRow>(
    lockBatch({
      claims,
      claimedAtMs: nowMs,
      stepKeys,
      fingerprints,
      periodIds,
      requestIds,
      cardIds,
      entryCount: keys.entryCountMax,
    }),
  );
  const looking = steps.length === 0 ? NOTHING : lookAt(tx, { requestIds, cardIds, stepKeys });
  looking.catch(() => undefined); // never awaited when the lock fails
  const [locked] = (await locking).rows;
  if (locked === undefined) throw new Error('the locks of a batch are one row');
  const claimed = new Set(locked.claimed);
  // Only for keys that somebody else has; after the claim, so that it sees what the claim waited for.
  const others = claims.filter((claim) => !claimed.has(claim.resourceId));
  const { purchases, cards, approvals, authorizations, stepHolders } = await looking;
  return {
    configurationVersion: locked.configuration_version,
    transactionId: locked.transaction_id,
    entryIds: locked.entry_ids,
    claimed,
    holders: others.length === 0 ? [] : (await tx.query<IdempotencyRow>(findIdempotencyKeys(others))).rows,
    stepHolders,
    balances: balancesOf(locked),
    duplicates: duplicatesOf(fingerprints, locked),
    purchases: purchasesOf(purchases, cards, approvals, authorizations, steps),
    privateTexts: new Map(purchases.map((row) => [row.request_id, row.private_text])),
  };
}

interface StepRows {
  readonly stepHolders: readonly IdempotencyRow[];
  readonly purchases: readonly ReadPurchasesRow[];
  readonly cards: readonly ReadCardsRow[];
  readonly approvals: readonly ReadApprovalsRow[];
  readonly authorizations: readonly ReadAuthorizationsRow[];
}

const NOTHING: Promise<StepRows> = Promise.resolve({
  stepHolders: [],
  purchases: [],
  cards: [],
  approvals: [],
  authorizations: [],
});

/** What a batch's steps are about; sent after their locks. */
async function lookAt(
  tx: Transaction,
  keys: {
    readonly requestIds: readonly string[];
    readonly cardIds: readonly string[];
    readonly stepKeys: readonly IdempotencyKey[];
  },
): Promise<StepRows> {
  const [purchases, cards, approvals, authorizations, stepHolders] = await Promise.all([
    tx.query<ReadPurchasesRow>(readPurchases(keys.requestIds)),
    tx.query<ReadCardsRow>(readCards(keys.cardIds)),
    tx.query<ReadApprovalsRow>(readApprovals(keys.requestIds)),
    tx.query<ReadAuthorizationsRow>(readAuthorizations(keys.cardIds)),
    keys.stepKeys.length === 0
      ? { rows: [] }
      : tx.query<IdempotencyRow>(findIdempotencyKeys(keys.stepKeys)),
  ]);
  return {
    purchases: purchases.rows,
    cards: cards.rows,
    approvals: approvals.rows,
    authorizations: authorizations.rows,
    stepHolders: stepHolders.rows,
  };
}

function balancesOf(locked: LockBatchRow): WorkingBalance[] {
  const at = <T>(column: readonly T[] | null, index: number): T => {
    const value = column?.[index];
    if (value === undefined) throw new Error('the columns of the locked periods are of one length');
    return value;
  };
  return (locked.period_ids ?? []).map((periodId, index) => ({
    periodId,
    budgetId: at(locked.budget_ids, index),
    currency: at(locked.currencies, index),
    limitMinor: at(locked.limits, index),
    pendingMinor: at(locked.pending, index),
    committedMinor: at(locked.committed, index),
    spentMinor: at(locked.spent, index),
    overrunMinor: at(locked.overruns, index),
  }));
}

function duplicatesOf(fingerprints: readonly bigint[], locked: LockBatchRow): Map<bigint, number> {
  const duplicates = new Map<bigint, number>();
  locked.duplicates_at?.forEach((atMs, index) => {
    const fingerprint = fingerprints[index];
    if (atMs !== null && fingerprint !== undefined) duplicates.set(fingerprint, Number(atMs));
  });
  return duplicates;
}

export function workingSetOf(facts: BatchFacts): WorkingSet {
  const working = new WorkingSet(facts.entryIds);
  working.loadBalances(facts.balances);
  working.loadDuplicates(facts.duplicates);
  for (const purchase of facts.purchases) working.loadPurchase(purchase);
  return working;
}

function purchasesOf(
  rows: readonly ReadPurchasesRow[],
  cards: readonly ReadCardsRow[],
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

function cardOf(row: ReadCardsRow): CardState {
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

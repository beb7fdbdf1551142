// gate/load-facts.ts: takes a batch's locks in the one lock order, then reads its facts. Lock first, then look: what is not
// read by the statement that locks is sent after it, all in one round trip.
import type {
  ApprovalState,
  ApprovalStep,
  AuthorizationState,
  CardState,
  Merchant,
  MerchantAmount,
  PurchaseState,
} from '@countersign/core';

import type { Transaction } from '../db/writer.ts';
import { cardIdOf, requestIdOfCard } from '../ids.ts';
import { type IdempotencyRow, findIdempotencyKeys } from '../ledger/find-idempotency-keys.ts';
import { lockBudgetPeriods } from '../ledger/lock-budget-periods.ts';
import { type LockCardsRow, lockCards } from '../ledger/lock-cards.ts';
import { lockKeys } from '../ledger/lock-keys.ts';
import { type LockPurchasesRow, lockPurchases } from '../ledger/lock-purchases.ts';
import { lockSigners } from '../ledger/lock-signers.ts';
import { type AllocationRow, readAllocations } from '../ledger/read-allocations.ts';
import { type ReadApprovalsRow, readApprovals } from '../ledger/read-approvals.ts';
import { type ReadAuthorizationsRow, readAuthorizations } from '../ledger/read-authorizations.ts';
import { type BatchFactsRow, readBatchFacts } from '../ledger/read-batch-facts.ts';
import { type SigningPaceRow, readSigningPace } from '../ledger/read-signing-pace.ts';
import { type ReadRelatedStopsRow, readRelatedStops } from '../ledger/read-related-stops.ts';
import { periodRatesOfRows } from './exchange-rows.ts';
import type { PreparedStep } from './prepare-command.ts';
import type { RelatedDayRow, StoredDay } from './related-days.ts';
import { type WorkingBalance, type WorkingPurchase, WorkingSet } from './working-set.ts';

export interface BatchKeys {
  /** Of the idempotency keys, each once. */
  readonly keyHashes: readonly string[];
  /** Each once. */
  readonly fingerprints: readonly bigint[];
  /** Groups of near purchases, each once; `stopGroupKeys`: of those that decide again. */
  readonly related: {
    readonly groupKeys: readonly string[];
    readonly sinceDay: number;
    readonly stopGroupKeys: readonly string[];
  };
  readonly periodIds: readonly bigint[];
  /** One of them is of a budget whose allocation is kept in another system. */
  readonly needsAllocations: boolean;
  readonly steps: readonly PreparedStep[];
  /** Who signs, each once; none where it does not matter how fast. */
  readonly signers: readonly string[];
  /** Latest signatures of each that are looked at. */
  readonly signaturesMax: number;
  readonly entryCountMax: number;
}

/** What a batch is decided on, as it stood under its locks. */
export interface BatchFacts {
  readonly configurationVersion: bigint;
  /** Ascending: one for every transition the batch can make. */
  readonly entryIds: readonly bigint[];
  /** Idempotency keys of the batch that are taken already. */
  readonly holders: readonly IdempotencyRow[];
  readonly balances: readonly WorkingBalance[];
  /** Of periods whose budget has snapshots; empty where the batch needs none. */
  readonly allocations: readonly AllocationRow[];
  /** Fingerprint -> when such an action was last accepted, milliseconds. */
  readonly duplicates: ReadonlyMap<bigint, number>;
  readonly relatedDays: readonly RelatedDayRow[];
  /** Group -> its latest purchase that was stopped for its sum; for steps that decide again. */
  readonly relatedStops: ReadonlyMap<string, ReadRelatedStopsRow>;
  readonly purchases: readonly WorkingPurchase[];
  /** Signer -> when they signed last, milliseconds. */
  readonly signingPace: ReadonlyMap<string, readonly number[]>;
  /** Private text of existing purchases, for the answers. */
  readonly privateTexts: ReadonlyMap<string, unknown>;
}

/** Facts as they were read; whose the taken keys are is asked only if there are any. */
export type LockedFacts = Omit<BatchFacts, 'holders'> & {
  readonly hasTakenKeys: boolean;
  readonly transactionId: string;
};

/** Waits for the locks. */
export async function loadFacts(tx: Transaction, keys: BatchKeys): Promise<LockedFacts> {
  const { keyHashes, fingerprints, periodIds, steps, related } = keys;
  const locking = tx.query(lockKeys({ keyHashes, groupKeys: related.groupKeys, fingerprints }));
  const stepping = steps.length === 0 ? NO_STEPS : lockSteps(tx, keys);
  stepping.catch(() => undefined); // never awaited when an earlier one fails
  const looking = tx.query<BatchFactsRow>(
    readBatchFacts({
      keyHashes,
      fingerprints,
      periodIds,
      entryCount: keys.entryCountMax,
      groupKeys: related.groupKeys,
      sinceDay: related.sinceDay,
    }),
  );
  const allocating = keys.needsAllocations ? tx.query<AllocationRow>(readAllocations(periodIds)) : null;
  allocating?.catch(() => undefined); // never awaited when an earlier one fails
  await locking;
  const stepRows = await stepping;
  const [facts] = (await looking).rows;
  if (facts === undefined) throw new Error('there is one configuration');
  return {
    configurationVersion: facts.configuration_version,
    transactionId: facts.transaction_id,
    entryIds: facts.entry_ids,
    hasTakenKeys: facts.has_taken_keys,
    balances: balancesOf(facts),
    allocations: (await allocating)?.rows ?? [],
    duplicates: duplicatesOf(fingerprints, facts.duplicates_at),
    relatedDays: relatedDaysOf(facts),
    relatedStops: new Map(stepRows.stops.map((row) => [row.group_key, row])),
    purchases: purchasesOf(stepRows, steps),
    signingPace: new Map(stepRows.pace.map((row) => [row.principal_id, row.signed_at.map(Number)])),
    privateTexts: new Map(stepRows.purchases.map((row) => [row.request_id, row.private_text])),
  };
}

/** The locked facts with whose the taken keys are. */
export async function completeFacts(
  tx: Transaction,
  { keyHashes }: BatchKeys,
  locked: LockedFacts,
): Promise<BatchFacts> {
  if (!locked.hasTakenKeys) return { ...locked, holders: [] };
  const { rows } = await tx.query<IdempotencyRow>(findIdempotencyKeys(keyHashes));
  return { ...locked, holders: rows };
}

interface StepRows {
  readonly purchases: readonly LockPurchasesRow[];
  readonly cards: readonly LockCardsRow[];
  readonly approvals: readonly ReadApprovalsRow[];
  readonly authorizations: readonly ReadAuthorizationsRow[];
  readonly pace: readonly SigningPaceRow[];
  readonly stops: readonly ReadRelatedStopsRow[];
}

const NO_STEPS: Promise<StepRows> = Promise.resolve({
  purchases: [],
  cards: [],
  approvals: [],
  authorizations: [],
  pace: [],
  stops: [],
});

/** What a batch's steps are about: locked after the budget periods. */
async function lockSteps(
  tx: Transaction,
  { steps, periodIds, signers, signaturesMax, related: { stopGroupKeys } }: BatchKeys,
): Promise<StepRows> {
  const requestIds = [...new Set(steps.map((step) => step.requestId))].sort();
  const cardIds = requestIds.map(cardIdOf);
  const pacing = signers.length === 0 ? NO_PACE : lockedPace(tx, signers, signaturesMax);
  const stopping =
    stopGroupKeys.length === 0 ? NO_STOPS : tx.query<ReadRelatedStopsRow>(readRelatedStops(stopGroupKeys));
  const [pace, , purchases, cards, approvals, authorizations, stops] = await Promise.all([
    pacing,
    tx.query(lockBudgetPeriods(periodIds)),
    tx.query<LockPurchasesRow>(lockPurchases(requestIds)),
    tx.query<LockCardsRow>(lockCards(cardIds)),
    tx.query<ReadApprovalsRow>(readApprovals(requestIds)),
    tx.query<ReadAuthorizationsRow>(readAuthorizations(cardIds)),
    stopping,
  ]);
  return {
    purchases: purchases.rows,
    cards: cards.rows,
    approvals: approvals.rows,
    authorizations: authorizations.rows,
    pace,
    stops: stops.rows,
  };
}

const NO_STOPS: Promise<{ readonly rows: readonly ReadRelatedStopsRow[] }> = Promise.resolve({ rows: [] });

const NO_PACE: Promise<readonly SigningPaceRow[]> = Promise.resolve([]);

async function lockedPace(
  tx: Transaction,
  signers: readonly string[],
  signaturesMax: number,
): Promise<readonly SigningPaceRow[]> {
  const [, { rows }] = await Promise.all([
    tx.query(lockSigners(signers)),
    tx.query<SigningPaceRow>(readSigningPace(signers, signaturesMax)),
  ]);
  return rows;
}

function balancesOf(facts: BatchFactsRow): WorkingBalance[] {
  return (facts.period_ids ?? []).map((periodId, index) => ({
    periodId,
    budgetId: valueAt(facts.budget_ids, index),
    currency: valueAt(facts.currencies, index),
    limitMinor: valueAt(facts.limits, index),
    pendingMinor: valueAt(facts.pending, index),
    committedMinor: valueAt(facts.committed, index),
    spentMinor: valueAt(facts.spent, index),
    overrunMinor: valueAt(facts.overruns, index),
  }));
}

function relatedDaysOf({ related }: BatchFactsRow): RelatedDayRow[] {
  return (related ?? []).map(([groupKey, day, lastEntryId, purchases]) => ({
    groupKey,
    day,
    lastEntryId: BigInt(lastEntryId),
    purchases: purchases as StoredDay, // written by insertRelatedDays and updateRelatedDays only
  }));
}

function valueAt<T>(column: readonly T[] | null, index: number): T {
  const value = column?.[index];
  if (value === undefined) throw new Error('the columns of the facts of a batch are of one length');
  return value;
}

function duplicatesOf(
  fingerprints: readonly bigint[],
  acceptedAt: readonly (bigint | null)[],
): Map<bigint, number> {
  const duplicates = new Map<bigint, number>();
  acceptedAt.forEach((atMs, index) => {
    const fingerprint = fingerprints[index];
    if (atMs !== null && fingerprint !== undefined) duplicates.set(fingerprint, Number(atMs));
  });
  return duplicates;
}

export function workingSetOf(facts: BatchFacts): WorkingSet {
  const working = new WorkingSet(facts.entryIds);
  working.loadBalances(facts.balances);
  working.loadAllocations(facts.allocations);
  working.loadDuplicates(facts.duplicates);
  working.loadRelated(facts.relatedDays, facts.relatedStops);
  working.loadSigningPace(facts.signingPace);
  for (const purchase of facts.purchases) working.loadPurchase(purchase);
  return working;
}

function purchasesOf(
  { purchases, cards, approvals, authorizations }: StepRows,
  steps: readonly PreparedStep[],
): WorkingPurchase[] {
  const actions = new Map(steps.map((step) => [step.requestId, step.action]));
  return purchases.flatMap((row) => {
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
      periodRates: periodRatesOfRows(row.period_rates),
      settledMinor: row.settled_minor,
      approvedBy: row.approved_by,
      approval: approval === undefined ? null : approvalOf(approval),
      card: card === undefined ? null : cardOf(card),
      authorizations: authorizations
        .filter((candidate) => requestIdOfCard(candidate.card_id) === row.request_id)
        .map(authorizationOf),
    };
    const views = new Map(Object.entries(approval?.views ?? {}));
    return [
      {
        state,
        externalExpiresAtMs: row.external_expires_at?.getTime() ?? null,
        decidedEntryId: row.decision_entry_id,
        views,
      },
    ];
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
    merchantAmount: merchantAmountOf(row.merchant_amount),
    merchant: row.merchant as Merchant, // written by upsertAuthorization only
    forced: row.forced,
    capturedMinor: row.captured_minor,
    reversedMinor: row.reversed_minor,
    refundedMinor: row.refunded_minor,
    closed: row.closed,
  };
}

function merchantAmountOf(stored: ReadAuthorizationsRow['merchant_amount']): MerchantAmount | null {
  if (stored === null) return null;
  return { amountMinor: BigInt(stored.amount_minor), currency: stored.currency, rate: stored.rate };
}

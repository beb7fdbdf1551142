// gate/working-set.ts: the facts of one batch under lock, changed by each decision in turn, so that the second command
// sees what the first did; and the rows to write at the end. Lives for one transaction.
import {
  type ApprovalState,
  type AuthorizationState,
  type Balance,
  type PurchaseState,
  type Transfer,
  applyTransfer,
  overrunTransfer,
} from '@countersign/core';

import type { IdempotencyClaim } from '../ledger/idempotency-key.ts';
import type { CheckRow } from '../ledger/insert-checks.ts';
import type { NoteRow } from '../ledger/insert-note.ts';
import type { PurchaseRow } from '../ledger/insert-purchases.ts';
import type { AllocationRow } from '../ledger/read-allocations.ts';
import type { ReceiptRow } from '../ledger/insert-receipt.ts';
import type { RejectionRow } from '../ledger/insert-rejection.ts';
import type { SignatureRow } from '../ledger/insert-signature.ts';
import type { ReadRelatedStopsRow } from '../ledger/read-related-stops.ts';
import type { RelatedStopRow } from '../ledger/upsert-related-stop.ts';
import type { EntryDraft } from '../record/recorder.ts';
import { type RelatedDayRow, RelatedDays } from './related-days.ts';
import type { RelatedKeys } from './related-keys.ts';

export interface WorkingBalance extends Balance {
  readonly periodId: bigint;
  readonly budgetId: string;
  readonly currency: string;
}

export interface WorkingPurchase {
  readonly state: PurchaseState;
  readonly externalExpiresAtMs: number | null;
  /** Log entry of its first decision. */
  readonly decidedEntryId: bigint;
  /** Principal -> when they first opened its approval, milliseconds; left out: nobody did. */
  readonly views?: ReadonlyMap<string, number>;
}

export class WorkingSet {
  readonly #balances = new Map<bigint, WorkingBalance>();
  readonly #changedBalances = new Set<bigint>();
  readonly #allocations = new Map<bigint, AllocationRow>();
  readonly #purchases = new Map<string, WorkingPurchase>();
  readonly #duplicates = new Map<bigint, number>();
  readonly #signingPace = new Map<string, readonly number[]>();
  readonly #entryIds: readonly bigint[];

  related = new RelatedDays([]);
  #relatedStops: ReadonlyMap<string, ReadRelatedStopsRow> = new Map();

  readonly drafts: EntryDraft[] = [];
  readonly transfers: (Transfer & { entryId: bigint; line: number })[] = [];
  readonly newPurchases: PurchaseRow[] = [];
  /** Request id -> the entry of its latest transition. */
  readonly changedPurchases = new Map<string, bigint>();
  readonly changedApprovals = new Map<string, { approval: ApprovalState; entryId: bigint }>();
  readonly changedCards = new Map<string, bigint>();
  readonly changedAuthorizations = new Map<
    string,
    { authorization: AuthorizationState; cardId: string; atMs: number; entryId: bigint }
  >();
  /** Requests whose frozen exchange rates changed. */
  readonly changedPeriodRates = new Set<string>();
  readonly signatures: SignatureRow[] = [];
  readonly rejections: RejectionRow[] = [];
  /** Agent -> its requests that wait for a human, where that was counted under its lock (hold-guard.ts). */
  readonly heldCounts = new Map<string, number>();
  /** Agent -> its requests that this batch holds. */
  readonly newHolds = new Map<string, number>();
  readonly receipts: ReceiptRow[] = [];
  readonly notes: NoteRow[] = [];
  readonly checks: CheckRow[] = [];
  /** Purchases that were stopped for the sum they make with their siblings. */
  readonly newStops: RelatedStopRow[] = [];
  /** Idempotency keys of the commands that went through. */
  readonly takenKeys: IdempotencyClaim[] = [];

  /** `entryIds`: enough for every transition the batch can make. */
  constructor(entryIds: readonly bigint[]) {
    this.#entryIds = entryIds;
  }

  loadBalances(balances: readonly WorkingBalance[]): void {
    for (const balance of balances) this.#balances.set(balance.periodId, balance);
  }

  loadAllocations(allocations: readonly AllocationRow[]): void {
    for (const allocation of allocations) this.#allocations.set(allocation.period_id, allocation);
  }

  /** What another system last said of the budget of this period; undefined: nothing yet. */
  allocation(periodId: bigint): AllocationRow | undefined {
    return this.#allocations.get(periodId);
  }

  /** Fingerprint -> when such an action was last accepted, milliseconds. */
  loadDuplicates(duplicates: ReadonlyMap<bigint, number>): void {
    for (const [fingerprint, atMs] of duplicates) this.#duplicates.set(fingerprint, atMs);
  }

  /** Signer -> when they signed last, milliseconds. */
  loadSigningPace(pace: ReadonlyMap<string, readonly number[]>): void {
    for (const [principalId, signedAtMs] of pace) this.#signingPace.set(principalId, signedAtMs);
  }

  /** This batch's signatures included. */
  signedAtMs(principalId: string): readonly number[] {
    const own = this.signatures.filter((row) => row.principalId === principalId);
    return [...own.map((row) => row.signedAtMs), ...(this.#signingPace.get(principalId) ?? [])];
  }

  loadRelated(days: readonly RelatedDayRow[], stops: ReadonlyMap<string, ReadRelatedStopsRow>): void {
    this.related = new RelatedDays(days);
    this.#relatedStops = stops;
  }

  /** The latest purchase of these groups that was stopped for its sum, after the entry of `afterEntryId`. */
  relatedStop({ keys }: RelatedKeys, afterEntryId: bigint): ReadRelatedStopsRow | null {
    let latest: ReadRelatedStopsRow | null = null;
    for (const { groupKey } of keys) {
      const stop = this.#relatedStops.get(groupKey);
      if (stop === undefined || stop.entry_id <= afterEntryId) continue;
      if (latest === null || stop.entry_id > latest.entry_id) latest = stop;
    }
    return latest;
  }

  loadPurchase(purchase: WorkingPurchase): void {
    this.#purchases.set(purchase.state.requestId, purchase);
  }

  balance(periodId: bigint): WorkingBalance | undefined {
    return this.#balances.get(periodId);
  }

  purchase(requestId: string): WorkingPurchase | undefined {
    return this.#purchases.get(requestId);
  }

  duplicateAtMs(fingerprint: bigint): number | null {
    return this.#duplicates.get(fingerprint) ?? null;
  }

  accepted(fingerprint: bigint, atMs: number): void {
    this.#duplicates.set(fingerprint, atMs);
  }

  keepPurchase(
    state: PurchaseState,
    { externalExpiresAtMs, decidedEntryId }: Pick<WorkingPurchase, 'externalExpiresAtMs' | 'decidedEntryId'>,
  ): void {
    const views = this.#purchases.get(state.requestId)?.views;
    this.#purchases.set(state.requestId, {
      state,
      externalExpiresAtMs,
      decidedEntryId,
      ...(views === undefined ? null : { views }),
    });
  }

  get changedBalances(): WorkingBalance[] {
    return [...this.#changedBalances].map((periodId) => this.#required(periodId));
  }

  /** The entry id the next recorded transition will have. */
  nextEntryId(): bigint {
    return this.entryIdAt(this.drafts.length);
  }

  /** The entry id of the draft at this position. */
  entryIdAt(index: number): bigint {
    const entryId = this.#entryIds[index];
    if (entryId === undefined) throw new Error('the batch made more transitions than it took entry ids for');
    return entryId;
  }

  /** Applies an event's transfers, with the overrun they cause, and returns all of them. */
  apply(transfers: readonly Transfer[]): readonly Transfer[] {
    if (transfers.length === 0) return transfers;
    const applied: Transfer[] = [];
    for (const transfer of transfers) this.#run(transfer, applied);
    for (const periodId of new Set(transfers.map((transfer) => transfer.periodId))) {
      const overrun = overrunTransfer(periodId, this.#required(periodId));
      if (overrun !== null) this.#run(overrun, applied);
    }
    return applied;
  }

  #run(transfer: Transfer, applied: Transfer[]): void {
    const balance = this.#required(transfer.periodId);
    this.#balances.set(transfer.periodId, applyTransfer(balance, transfer));
    this.#changedBalances.add(transfer.periodId);
    const { periodId, from, to, amountMinor } = transfer;
    this.transfers.push({
      periodId,
      from,
      to,
      amountMinor,
      entryId: this.nextEntryId(),
      line: applied.length,
    });
    applied.push(transfer);
  }

  #required(periodId: bigint): WorkingBalance {
    const balance = this.#balances.get(periodId);
    if (balance === undefined) throw new Error(`budget period ${String(periodId)} was not locked`);
    return balance;
  }
}

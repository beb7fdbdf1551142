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
import type { ReceiptRow } from '../ledger/insert-receipt.ts';
import type { SignatureRow } from '../ledger/insert-signature.ts';
import type { EntryDraft } from '../record/recorder.ts';

export interface WorkingBalance extends Balance {
  readonly periodId: bigint;
  readonly budgetId: string;
  readonly currency: string;
}

export interface WorkingPurchase {
  readonly state: PurchaseState;
  readonly externalExpiresAtMs: number | null;
}

export class WorkingSet {
  readonly #balances = new Map<bigint, WorkingBalance>();
  readonly #changedBalances = new Set<bigint>();
  readonly #purchases = new Map<string, WorkingPurchase>();
  readonly #duplicates = new Map<bigint, number>();
  readonly #entryIds: readonly bigint[];

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
  readonly signatures: SignatureRow[] = [];
  readonly receipts: ReceiptRow[] = [];
  readonly notes: NoteRow[] = [];
  readonly checks: CheckRow[] = [];
  /** Idempotency keys of the commands that went through. */
  readonly takenKeys: IdempotencyClaim[] = [];

  /** `entryIds`: enough for every transition the batch can make. */
  constructor(entryIds: readonly bigint[]) {
    this.#entryIds = entryIds;
  }

  loadBalances(balances: readonly WorkingBalance[]): void {
    for (const balance of balances) this.#balances.set(balance.periodId, balance);
  }

  /** Fingerprint -> when such an action was last accepted, milliseconds. */
  loadDuplicates(duplicates: ReadonlyMap<bigint, number>): void {
    for (const [fingerprint, atMs] of duplicates) this.#duplicates.set(fingerprint, atMs);
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

  keepPurchase(state: PurchaseState, externalExpiresAtMs: number | null): void {
    this.#purchases.set(state.requestId, { state, externalExpiresAtMs });
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

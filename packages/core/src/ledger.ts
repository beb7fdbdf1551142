// ledger.ts: double-entry transfers between the accounts of a budget period, and the balance they add up to.
// A transfer is never changed; a balance is the fold of its transfers. Must not know about requests.
// INVARIANT: pending + committed + spent <= limit + overrun; only money that has really moved or a cut limit
// raises overrun.

export type Account = 'external' | 'available' | 'pending' | 'committed' | 'spent' | 'overrun';

export interface Transfer {
  readonly periodId: bigint;
  readonly from: Account;
  readonly to: Account;
  /** Minor units, above zero. */
  readonly amountMinor: bigint;
}

export interface Balance {
  readonly limitMinor: bigint;
  readonly pendingMinor: bigint;
  readonly committedMinor: bigint;
  readonly spentMinor: bigint;
  readonly overrunMinor: bigint;
}

export const EMPTY_BALANCE: Balance = {
  limitMinor: 0n,
  pendingMinor: 0n,
  committedMinor: 0n,
  spentMinor: 0n,
  overrunMinor: 0n,
};

/** What may still be set aside; below zero after a forced post or a cut limit. */
export function availableMinor(balance: Balance): bigint {
  return balance.limitMinor - usedMinor(balance);
}

export function usedMinor(balance: Balance): bigint {
  return balance.pendingMinor + balance.committedMinor + balance.spentMinor;
}

/**
 * The balance after one transfer. `available` is the remainder and is not kept, so a transfer from or to it
 * changes only the other side. Throws on an amount of zero or less, and when a reservation would go below zero:
 * those are bugs of the caller.
 */
export function applyTransfer<B extends Balance>(balance: B, transfer: Transfer): B {
  if (transfer.amountMinor <= 0n) throw new Error('a transfer must be above zero');
  const next: Mutable<B> = { ...balance };
  if (transfer.from === 'external') {
    if (transfer.to === 'available') next.limitMinor += transfer.amountMinor;
    else if (transfer.to === 'overrun') next.overrunMinor += transfer.amountMinor;
    else throw new Error(`no transfer goes from external to ${transfer.to}`);
    return next;
  }
  if (transfer.to === 'external') {
    if (transfer.from !== 'available') throw new Error(`no transfer goes from ${transfer.from} to external`);
    next.limitMinor -= transfer.amountMinor;
    if (next.limitMinor < 0n) throw new Error('a limit would go below zero');
    return next;
  }
  move(next, transfer.from, -transfer.amountMinor);
  move(next, transfer.to, transfer.amountMinor);
  if (next.pendingMinor < 0n || next.committedMinor < 0n)
    throw new Error('a reservation would go below zero');
  return next;
}

/** The transfer that records by how much a balance has gone past its limit, if it has gone further than before. */
export function overrunTransfer(periodId: bigint, balance: Balance): Transfer | null {
  const excess = usedMinor(balance) - balance.limitMinor - balance.overrunMinor;
  return excess > 0n ? { periodId, from: 'external', to: 'overrun', amountMinor: excess } : null;
}

/** The same amount moved in each of several periods; nothing for an amount of zero. */
export function transferAll(
  periodIds: readonly bigint[],
  from: Account,
  to: Account,
  amountMinor: bigint,
): Transfer[] {
  if (amountMinor === 0n) return [];
  return periodIds.map((periodId) => ({ periodId, from, to, amountMinor }));
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function move(balance: Mutable<Balance>, account: Account, byMinor: bigint): void {
  switch (account) {
    case 'available':
    case 'external':
      return;
    case 'pending':
      balance.pendingMinor += byMinor;
      return;
    case 'committed':
      balance.committedMinor += byMinor;
      return;
    case 'spent':
      balance.spentMinor += byMinor;
      return;
    case 'overrun':
      throw new Error('overrun changes only from external');
  }
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  type Account,
  type Balance,
  EMPTY_BALANCE,
  type Transfer,
  applyTransfer,
  availableMinor,
  overrunTransfer,
  transferAll,
  usedMinor,
} from './ledger.ts';

const ACCOUNTS: readonly Account[] = ['external', 'available', 'pending', 'committed', 'spent', 'overrun'];

const transfers = fc.array(
  fc.record({
    periodId: fc.constant(1n),
    from: fc.constantFrom(...ACCOUNTS),
    to: fc.constantFrom(...ACCOUNTS),
    amountMinor: fc.bigInt({ min: -2n, max: 400n }),
  }),
  { maxLength: 60, size: 'max' },
);

/** Every account as a plain sum, `available` and the outside world included: double entry, written down once more. */
function sumsOf(applied: readonly Transfer[]): Record<Account, bigint> {
  const sums = { external: 0n, available: 0n, pending: 0n, committed: 0n, spent: 0n, overrun: 0n };
  for (const { from, to, amountMinor } of applied) {
    sums[from] -= amountMinor;
    sums[to] += amountMinor;
  }
  return sums;
}

describe('a balance', () => {
  it('is the sum of its transfers, never holds a negative reservation, and overruns are recorded', () => {
    fc.assert(
      fc.property(transfers, (candidates) => {
        const applied: Transfer[] = [];
        let balance: Balance = EMPTY_BALANCE;
        const run = (transfer: Transfer): void => {
          balance = applyTransfer(balance, transfer);
          applied.push(transfer);
        };
        for (const transfer of candidates) {
          const before = balance;
          try {
            run(transfer);
          } catch {
            expect(balance).toEqual(before); // refused: nothing has changed
            continue;
          }
          expect(transfer.amountMinor > 0n).toBe(true);
          const overrun = overrunTransfer(1n, balance);
          if (overrun !== null) run(overrun);
          const sums = sumsOf(applied);
          expect(sums.pending + sums.committed + sums.spent + sums.available + sums.overrun).toBe(
            -sums.external,
          );
          expect(balance).toMatchObject({
            pendingMinor: sums.pending,
            committedMinor: sums.committed,
            spentMinor: sums.spent,
            overrunMinor: sums.overrun,
          });
          expect(availableMinor(balance)).toBe(sums.available);
          expect(balance.pendingMinor >= 0n && balance.committedMinor >= 0n && balance.limitMinor >= 0n).toBe(
            true,
          );
          expect(usedMinor(balance) <= balance.limitMinor + balance.overrunMinor).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['external', 'pending'],
    ['external', 'spent'],
    ['pending', 'external'],
    ['spent', 'external'],
    ['available', 'overrun'],
    ['overrun', 'available'],
  ] as const)('refuses a transfer from %s to %s', (from, to) => {
    const balance = { ...EMPTY_BALANCE, limitMinor: 10n, pendingMinor: 5n, overrunMinor: 5n };
    expect(() => applyTransfer(balance, { periodId: 1n, from, to, amountMinor: 1n })).toThrow();
  });

  it('refuses to give back more than was set aside', () => {
    const balance = { ...EMPTY_BALANCE, limitMinor: 10n, pendingMinor: 5n };
    const release = { periodId: 1n, from: 'pending', to: 'available', amountMinor: 6n } as const;
    expect(() => applyTransfer(balance, release)).toThrow('below zero');
  });
});

describe('an overrun', () => {
  it('is what goes past the limit, recorded once', () => {
    const over = { ...EMPTY_BALANCE, limitMinor: 100n, spentMinor: 130n };
    expect(overrunTransfer(1n, over)).toEqual({
      periodId: 1n,
      from: 'external',
      to: 'overrun',
      amountMinor: 30n,
    });
    expect(overrunTransfer(1n, { ...over, overrunMinor: 30n })).toBeNull();
    expect(overrunTransfer(1n, { ...over, spentMinor: 140n, overrunMinor: 30n })?.amountMinor).toBe(10n);
  });
});

describe('transferAll', () => {
  it('moves the same in every period, and nothing for nothing', () => {
    expect(transferAll([1n, 2n], 'available', 'pending', 5n)).toEqual([
      { periodId: 1n, from: 'available', to: 'pending', amountMinor: 5n },
      { periodId: 2n, from: 'available', to: 'pending', amountMinor: 5n },
    ]);
    expect(transferAll([1n], 'available', 'pending', 0n)).toEqual([]);
  });
});

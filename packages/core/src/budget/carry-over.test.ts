import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type Balance, EMPTY_BALANCE, availableMinor } from '../ledger.ts';
import { type CarryOver, carriedMinor } from './carry-over.ts';

const former: Balance = { ...EMPTY_BALANCE, limitMinor: 1_000n, committedMinor: 250n, spentMinor: 400n };

describe('carriedMinor', () => {
  it.each<[CarryOver, bigint]>([
    [{ kind: 'unused' }, 350n],
    [{ kind: 'up_to_amount', amountMinor: 349n }, 349n],
    [{ kind: 'up_to_amount', amountMinor: 351n }, 350n],
    [{ kind: 'up_to_amount', amountMinor: 0n }, 0n],
    [{ kind: 'up_to_percent', percent: 10 }, 199n],
    [{ kind: 'up_to_percent', percent: 100 }, 350n],
  ])('%o moves %s', (rule, wanted) => {
    expect(carriedMinor(rule, { former, limitMinor: 1_999n })).toBe(wanted);
  });

  it('moves nothing of a period that is overdrawn, and nothing that was never allocated', () => {
    const overdrawn = { ...former, limitMinor: 500n };
    expect(carriedMinor({ kind: 'unused' }, { former: overdrawn, limitMinor: 500n })).toBe(0n);
    const refunded = { ...EMPTY_BALANCE, limitMinor: 100n, spentMinor: -40n };
    expect(carriedMinor({ kind: 'unused' }, { former: refunded, limitMinor: 100n })).toBe(100n);
  });

  it('never moves what is set aside or posted', () => {
    const amount = fc.bigInt({ min: 0n, max: 10n ** 12n });
    const rule = fc.oneof(
      fc.constant<CarryOver>({ kind: 'unused' }),
      amount.map<CarryOver>((amountMinor) => ({ kind: 'up_to_amount', amountMinor })),
      fc.integer({ min: 1, max: 100 }).map<CarryOver>((percent) => ({ kind: 'up_to_percent', percent })),
    );
    fc.assert(
      fc.property(
        rule,
        fc.tuple(amount, amount, amount, amount),
        (one, [limit, pending, committed, spent]) => {
          const balance = {
            ...EMPTY_BALANCE,
            limitMinor: limit,
            pendingMinor: pending,
            committedMinor: committed,
            spentMinor: spent,
          };
          const moved = carriedMinor(one, { former: balance, limitMinor: limit });
          expect(moved >= 0n && moved <= limit).toBe(true);
          if (moved > 0n) expect(moved <= availableMinor(balance)).toBe(true);
        },
      ),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { HoldBook } from './hold-book.ts';
import type { ReplayRow } from './read-row.ts';
import { RefundBook } from './refund-book.ts';

function row(change: Partial<ReplayRow> = {}): ReplayRow {
  return {
    kind: 'purchase',
    line: 2,
    atMs: 100,
    postedAtMs: 100,
    month: '2016-01',
    agentId: 'parks',
    agentName: 'PARKS',
    vendor: 'LOWES',
    amountMinor: 500n,
    currency: 'CAD',
    facts: {
      mcc: null,
      cost_center: null,
      category: null,
      project: null,
      rail: null,
      country: null,
      team: null,
      intent: null,
    },
    ...change,
  };
}

describe('the book of refunds', () => {
  it('gives the latest purchase of the same agent, vendor, amount and currency that came first, once', async () => {
    const book = new RefundBook();
    book.enter(row({ atMs: 100 }), Promise.resolve('auth_1'));
    book.enter(row({ atMs: 200 }), Promise.resolve('auth_2'));
    book.enter(row({ atMs: 400 }), Promise.resolve('auth_4'));
    expect(await book.take(row({ kind: 'refund', atMs: 300, vendor: 'LOWES ' }))).toBeNull();
    expect(await book.take(row({ kind: 'refund', atMs: 300, amountMinor: 501n }))).toBeNull();
    expect(await book.take(row({ kind: 'refund', atMs: 300, agentId: 'water' }))).toBeNull();
    expect(await book.take(row({ kind: 'refund', atMs: 300 }))).toBe('auth_2');
    expect(await book.take(row({ kind: 'refund', atMs: 300 }))).toBe('auth_1');
    expect(await book.take(row({ kind: 'refund', atMs: 300 }))).toBeNull();
  });

  it('passes over a purchase that came to nothing, and waits for one under way', async () => {
    const book = new RefundBook();
    let settle: (id: string) => void = () => undefined;
    book.enter(row({ atMs: 100 }), new Promise((resolve) => (settle = resolve)));
    book.enter(row({ atMs: 200 }), Promise.resolve(null));
    const taken = book.take(row({ kind: 'refund', atMs: 300 }));
    settle('auth_1');
    expect(await taken).toBe('auth_1');
  });

  it('forgets the oldest purchases past its bound', async () => {
    const book = new RefundBook(2);
    for (const atMs of [1, 2, 3]) book.enter(row({ atMs }), Promise.resolve(`auth_${atMs}`));
    const taken = [];
    for (let count = 0; count < 3; count += 1) taken.push(await book.take(row({ kind: 'refund', atMs: 9 })));
    expect(taken).toEqual(['auth_3', 'auth_2', null]);
  });
});

describe('the book of holds', () => {
  it('gives every hold that is due, soonest first, and no other', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 50 })),
        fc.integer({ min: 0, max: 50 }),
        (times, nowMs) => {
          const book = new HoldBook();
          for (const [index, expiresAtMs] of times.entries())
            book.add({ requestId: `preq_${index}`, expiresAtMs });
          const due: number[] = [];
          for (let hold = book.takeDue(nowMs); hold !== undefined; hold = book.takeDue(nowMs))
            due.push(hold.expiresAtMs);
          expect(due).toEqual(times.filter((time) => time <= nowMs).sort((left, right) => left - right));
          expect(book.size).toBe(times.length - due.length);
        },
      ),
    );
  });
});

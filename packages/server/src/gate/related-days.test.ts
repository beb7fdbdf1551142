import { type Action, DEFAULT_RELATION_SETTINGS, type RelatedGroup } from '@countersign/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { RelatedDays } from './related-days.ts';
import { type RelatedKeys, relatedKeyTexts, relatedKeysOf, relatedKeysOfTexts } from './related-keys.ts';

const TODAY = 20_000;
const SETTINGS = DEFAULT_RELATION_SETTINGS;
const REACH = { intent: true, large: true };

function exampleAction(changes: Partial<Action>): Action {
  return {
    subject: 'purchase',
    type: 'spend',
    agentId: 'agent_1',
    team: null,
    entityId: 'default',
    policyId: null,
    counterparty: 'roofer',
    amountMinor: 100n,
    currency: 'USD',
    category: null,
    costCenter: null,
    project: null,
    rail: 'card',
    country: null,
    mcc: null,
    merchantDomain: null,
    daysSincePurchase: null,
    discountBasisPoints: null,
    dealAmountMinor: null,
    sourcing: null,
    sources: {},
    ...changes,
  };
}

interface Bought {
  readonly requestId: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly day: number;
  readonly ended: boolean;
}

const purchases = fc.uniqueArray(
  fc.record({
    requestId: fc.integer({ min: 1, max: 10_000 }).map((id) => `preq_${id}`),
    amountMinor: fc.bigInt({ min: 1n, max: 1_000n }),
    currency: fc.constantFrom('USD', 'EUR'),
    day: fc.integer({ min: TODAY - 35, max: TODAY }),
    ended: fc.boolean(),
  }),
  { selector: ({ requestId }) => requestId, maxLength: 60 },
);

const keysAt = (day: number, basis: RelatedGroup['basis'] = 'project'): RelatedKeys => ({
  keys: [{ basis, groupKey: '00000000-0000-0000-0000-000000000001' }],
  day,
  words: [1, 2],
});

/** Each purchase in a transaction of its own: what is kept is what was written. */
function kept(bought: readonly Bought[]): RelatedDays {
  let rows: RelatedDays['changed'] = [];
  const transaction = (change: (days: RelatedDays) => void): void => {
    const days = new RelatedDays(rows);
    change(days);
    const changed = new Map(days.changed.map((row) => [row.day, row]));
    rows = [...rows.filter((row) => !changed.has(row.day)), ...changed.values()];
  };
  for (const each of bought) transaction((days) => days.add(keysAt(each.day), each, 1n));
  for (const each of bought.filter(({ ended }) => ended)) {
    transaction((days) => days.remove(keysAt(each.day), each, { isRefused: true, entryId: 2n }));
  }
  return new RelatedDays(rows);
}

describe('the day buckets of a group', () => {
  it('know the sum of every live purchase in the window, by currency', () => {
    fc.assert(
      fc.property(purchases, (bought) => {
        const [group] = kept(bought).facts(keysAt(TODAY), {
          settings: SETTINGS,
          day: TODAY,
          own: null,
          reach: REACH,
        });
        const live = bought.filter(({ day, ended }) => !ended && TODAY - day <= SETTINGS.windowDays);
        for (const currency of ['USD', 'EUR']) {
          const wanted = live.filter((each) => each.currency === currency);
          const total = group?.totals.find((each) => each.currency === currency);
          expect(total?.amountMinor ?? 0n).toBe(wanted.reduce((sum, each) => sum + each.amountMinor, 0n));
          expect(total?.count ?? 0).toBe(wanted.length);
        }
        if (group !== undefined) {
          const refused = bought.filter(({ day, ended }) => ended && TODAY - day <= SETTINGS.windowDays);
          expect(group.refusedCount).toBe(refused.length);
        }
      }),
    );
  });

  it('leave a purchase out of what is near itself', () => {
    fc.assert(
      fc.property(purchases, (bought) => {
        const own = bought.find(({ ended }) => !ended);
        if (own === undefined) return;
        const days = kept(bought);
        const [group] = days.facts(keysAt(own.day), { settings: SETTINGS, day: own.day, own, reach: REACH });
        const others = bought.filter(
          (each) =>
            !each.ended &&
            each !== own &&
            each.currency === own.currency &&
            Math.max(0, own.day - each.day) <= SETTINGS.windowDays,
        );
        const total = group?.totals.find(({ currency }) => currency === own.currency)?.amountMinor ?? 0n;
        expect(total).toBe(others.reduce((sum, each) => sum + each.amountMinor, 0n));
        expect(group?.parts.some(({ requestId }) => requestId === own.requestId) ?? false).toBe(false);
      }),
    );
  });

  it('remember the largest parts: no other is larger than all that are remembered of its day', () => {
    fc.assert(
      fc.property(purchases, (bought) => {
        const live = bought.map((each) => ({ ...each, ended: false, day: TODAY, currency: 'USD' }));
        const basis = 'cost_center';
        const days = new RelatedDays([]);
        for (const each of live) days.add(keysAt(TODAY, basis), each, 1n);
        const [group] = days.facts(keysAt(TODAY, basis), {
          settings: SETTINGS,
          day: TODAY,
          own: null,
          reach: REACH,
        });
        const parts = group?.parts ?? [];
        const smallest = parts.at(-1)?.amountMinor ?? 0n;
        const left = live.filter(({ requestId }) => !parts.some((part) => part.requestId === requestId));
        expect(parts.length).toBe(Math.min(8, live.length));
        for (const each of left) expect(each.amountMinor <= smallest).toBe(true);
      }),
    );
  });

  it('relate by a single shared word within the close days, by two within the window', () => {
    const days = new RelatedDays([]);
    for (const [index, words] of [[1], [1, 2]].entries()) {
      for (const day of [TODAY - SETTINGS.closeDays - 1, TODAY - SETTINGS.closeDays]) {
        const counted = { requestId: `preq_${index}_${TODAY - day}`, currency: 'USD', amountMinor: 1n };
        days.add({ ...keysAt(day, 'cost_center'), words }, counted, 1n);
      }
    }
    const [group] = days.facts(keysAt(TODAY, 'cost_center'), {
      settings: SETTINGS,
      day: TODAY,
      own: null,
      reach: REACH,
    });
    const sharing = (group?.parts ?? []).filter((part) => part.sharesIntent).map((part) => part.requestId);
    expect(sharing.sort()).toEqual(['preq_0_7', 'preq_1_7', 'preq_1_8']);
  });

  it('cost the same however many purchases they count', () => {
    const days = new RelatedDays([]);
    for (let index = 0; index < 5_000; index += 1) {
      days.add(keysAt(TODAY), { requestId: `preq_${index}`, currency: 'USD', amountMinor: 1n }, 1n);
    }
    expect(days.changed).toHaveLength(1);
    expect(JSON.stringify(days.changed[0]?.purchases).length).toBeLessThan(500);
  });
});

describe('the keys of a group', () => {
  const options = { supplierGroup: 'roofer', intent: 'roof repair', atMs: TODAY * 86_400_000 };

  it('differ by supplier, entity, project and cost centre, and by nothing else', () => {
    const keysOf = (change: object, supplierGroup = 'roofer'): string[] =>
      relatedKeysOf(exampleAction({ project: 'p', costCenter: 'c', ...change }), {
        ...options,
        supplierGroup,
      }).keys.map(({ groupKey }) => groupKey);
    const [project, costCenter] = keysOf({});
    expect(project).not.toBe(costCenter);
    expect(keysOf({ amountMinor: 5n, category: 'x', agentId: 'other', rail: 'bank' })).toEqual([
      project,
      costCenter,
    ]);
    expect(keysOf({}, 'painter')).not.toContain(project);
    expect(keysOf({ entityId: 'other' })).not.toContain(project);
    expect(keysOf({ project: 'q' })).toEqual([expect.not.stringMatching(project ?? ''), costCenter]);
    expect(keysOf({ project: null })).toEqual([costCenter]);
  });

  it('come back from the log as they were', () => {
    const related = relatedKeysOf(exampleAction({ project: 'p' }), options);
    expect(relatedKeysOfTexts(relatedKeyTexts(related), related.day).keys).toEqual(related.keys);
  });
});

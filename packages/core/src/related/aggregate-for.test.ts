import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { NO_EXCHANGE } from '../exchange/convert.ts';
import { exampleAction } from '../testing/example-facts.ts';
import { type Aggregate, aggregateFor } from './aggregate-for.ts';
import { intentWords, sharesIntent } from './intent-words.ts';
import { materialRelated } from './material-related.ts';
import type { RelatedFacts, RelatedGroup, RelatedPart } from './related-facts.ts';
import { DEFAULT_RELATION_SETTINGS } from './relation-settings.ts';

const THRESHOLD = { amountMinor: 1_000n, currency: 'USD' };

const part = (changes: Partial<RelatedPart> = {}): RelatedPart => ({
  requestId: 'preq_1',
  currency: 'USD',
  amountMinor: 500n,
  daysBefore: 0,
  sharesIntent: false,
  ...changes,
});

const group = (changes: Partial<RelatedGroup> = {}): RelatedGroup => ({
  basis: 'cost_center',
  totals: [{ currency: 'USD', amountMinor: 500n, count: 1 }],
  parts: [part()],
  refusedCount: 0,
  ...changes,
});

const facts = (...groups: RelatedGroup[]): RelatedFacts => ({
  settings: DEFAULT_RELATION_SETTINGS,
  groups,
  stopped: null,
});

function totalOf(amountMinor: bigint, related: RelatedFacts): bigint {
  const aggregate = aggregateFor(
    exampleAction({ amountMinor }),
    { related, exchange: NO_EXCHANGE },
    THRESHOLD,
  );
  if (!aggregate.ok) throw new Error(aggregate.message);
  return aggregate.totalMinor;
}

describe('the sum that a threshold sees', () => {
  it('is the purchase alone when nothing is near it', () => {
    expect(totalOf(700n, facts())).toBe(700n);
  });

  it('has everything of the same project, however small', () => {
    const project = group({
      basis: 'project',
      totals: [{ currency: 'USD', amountMinor: 37n, count: 37 }],
      parts: [],
    });
    expect(totalOf(10n, facts(project))).toBe(47n);
  });

  it('has large parts for the same cost centre, close in time: each half of the threshold', () => {
    expect(totalOf(500n, facts(group()))).toBe(1_000n);
    expect(totalOf(499n, facts(group()))).toBe(499n);
    expect(totalOf(500n, facts(group({ parts: [part({ amountMinor: 499n })] })))).toBe(500n);
    expect(totalOf(500n, facts(group({ parts: [part({ daysBefore: 7 })] })))).toBe(1_000n);
    expect(totalOf(500n, facts(group({ parts: [part({ daysBefore: 8 })] })))).toBe(500n);
    expect(totalOf(500n, facts(group({ basis: 'no_cost_center' })))).toBe(500n);
  });

  it('has parts that share the intent from a tenth of the threshold', () => {
    const shared = part({ sharesIntent: true, amountMinor: 100n, daysBefore: 30 });
    expect(totalOf(100n, facts(group({ basis: 'no_cost_center', parts: [shared] })))).toBe(200n);
    expect(totalOf(99n, facts(group({ parts: [shared] })))).toBe(99n);
    expect(totalOf(100n, facts(group({ parts: [{ ...shared, amountMinor: 99n }] })))).toBe(100n);
  });

  it('takes the larger of overlapping groups, never both', () => {
    const project = group({ basis: 'project', totals: [{ currency: 'USD', amountMinor: 600n, count: 2 }] });
    expect(totalOf(500n, facts(project, group()))).toBe(1_100n);
  });

  it('cannot be told without a rate', () => {
    const foreign = group({ basis: 'project', totals: [{ currency: 'EUR', amountMinor: 1n, count: 1 }] });
    const aggregate: Aggregate = aggregateFor(
      exampleAction(),
      { related: facts(foreign), exchange: NO_EXCHANGE },
      THRESHOLD,
    );
    expect(aggregate).toMatchObject({ ok: false, reasonCode: 'exchange_rate_missing' });
  });
});

describe('what no threshold can see', () => {
  const amount = fc.bigInt({ min: 0n, max: 2_000n });
  const anyPart = fc.record({
    requestId: fc.uuid(),
    currency: fc.constantFrom('USD', 'EUR'),
    amountMinor: amount,
    daysBefore: fc.integer({ min: 0, max: 30 }),
    sharesIntent: fc.boolean(),
  });
  const anyGroup = fc.record({
    basis: fc.constantFrom<RelatedGroup['basis']>('project', 'cost_center', 'no_cost_center'),
    totals: fc.constant([{ currency: 'USD', amountMinor: 700n, count: 3 }]),
    parts: fc.array(anyPart, { maxLength: 6 }),
    refusedCount: fc.nat(3),
  });
  const anyThresholds = fc.array(
    fc.record({ amountMinor: amount, currency: fc.constantFrom('USD', 'EUR') }),
    { minLength: 1, maxLength: 3 },
  );

  it('is left out of the facts, and nothing else: every threshold gives the same', () => {
    fc.assert(
      fc.property(
        amount,
        fc.array(anyGroup, { maxLength: 2 }),
        anyThresholds,
        (amountMinor, groups, thresholds) => {
          const action = exampleAction({ amountMinor });
          const whole = facts(...groups);
          const less = materialRelated(action, whole, { thresholds, exchange: NO_EXCHANGE });
          for (const threshold of thresholds) {
            const [before, after] = [whole, less].map((related) =>
              aggregateFor(action, { related, exchange: NO_EXCHANGE }, threshold),
            );
            if (before?.ok === true) expect(after).toEqual(before);
            else expect(before?.ok).toBe(false);
          }
        },
      ),
    );
  });
});

describe('the words of an intent', () => {
  it.each([
    ['Roof repair: materials', 'roof repair: labour', true],
    ['roof repair: labour', 'Scaffolding and equipment hire for roof repairs', true],
    ['Roof repair: materials', 'paper for the printer', false],
    ['monthly subscription', 'monthly subscription', false],
    ['Büromöbel Standort Nord', 'buromobel standort nord, teil 2', true],
    ['order 4711', 'order 4711', false],
    ['', '', false],
  ])('%s | %s', (left, right, shared) => {
    for (const isClose of [true, false]) {
      expect(sharesIntent(intentWords(left), intentWords(right), { isClose })).toBe(shared);
    }
  });

  it.each([
    ['locks: labour', 'locks: delivery', true],
    ['locks', 'locks', true],
    ['roof repair: labour', 'boiler repair: materials', false],
    ['paper', 'pens', false],
    ['', 'locks', false],
  ])('relate by a single word what is close in time alone: %s | %s', (left, right, shared) => {
    const words = [intentWords(left), intentWords(right)] as const;
    expect(sharesIntent(...words, { isClose: true })).toBe(shared);
    expect(sharesIntent(...words, { isClose: false })).toBe(false);
  });

  it('relate both ways alike', () => {
    const words = fc.array(fc.constantFrom('roof', 'repair', 'labour', 'paint', 'pipe'), { maxLength: 4 });
    fc.assert(
      fc.property(words, words, (left, right) => {
        const [a, b] = [[...new Set(left)], [...new Set(right)]];
        for (const isClose of [true, false]) {
          expect(sharesIntent(a, b, { isClose })).toBe(sharesIntent(b, a, { isClose }));
        }
      }),
    );
  });
});

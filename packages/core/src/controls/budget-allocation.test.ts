import { describe, expect, it } from 'vitest';

import { decide } from '../decide.ts';
import type { AllocationFacts } from '../budget/allocation-facts.ts';
import { EXAMPLE_NOW_MS, exampleAction, exampleFacts } from '../testing/example-facts.ts';
import { budgetAllocation } from './budget-allocation.ts';

const FRESHNESS_MS = 60_000;

const fresh: AllocationFacts = {
  budgetId: 'erp',
  asOfMs: EXAMPLE_NOW_MS - 1_000,
  freshnessMs: FRESHNESS_MS,
  contradictions: [],
};

const findingsOf = (...allocations: AllocationFacts[]) =>
  budgetAllocation.evaluate(exampleAction(), exampleFacts({ allocations }), EXAMPLE_NOW_MS);

describe('budget_allocation', () => {
  it('says nothing where no allocation is kept elsewhere', () => {
    expect(budgetAllocation.evaluate(exampleAction(), exampleFacts(), EXAMPLE_NOW_MS)).toEqual([]);
  });

  it('passes up to the very threshold and denies a millisecond later', () => {
    expect(findingsOf({ ...fresh, asOfMs: EXAMPLE_NOW_MS - FRESHNESS_MS })).toMatchObject([
      { outcome: 'pass', observed: '`erp`: 60 s old', limit: 'at most 60 s old', clause: 'AG-642 4.7' },
    ]);
    expect(findingsOf({ ...fresh, asOfMs: EXAMPLE_NOW_MS - FRESHNESS_MS - 1 })).toMatchObject([
      { outcome: 'deny', reasonCode: 'budget_stale', observed: '60.001 s old', limit: 'at most 60 s old' },
    ]);
  });

  it('denies without a snapshot, and with one that contradicts', () => {
    expect(findingsOf({ ...fresh, asOfMs: null })).toMatchObject([
      { outcome: 'deny', reasonCode: 'budget_indeterminate', observed: 'no snapshot' },
    ]);
    const contradictory = { ...fresh, contradictions: ['currency_differs', 'older_than_the_last'] };
    expect(findingsOf(contradictory)).toMatchObject([
      {
        outcome: 'deny',
        reasonCode: 'budget_indeterminate',
        observed: '1 s old; currency_differs, older_than_the_last',
      },
    ]);
  });

  it('takes a snapshot from a moment ahead of this clock as of now', () => {
    expect(findingsOf({ ...fresh, asOfMs: EXAMPLE_NOW_MS + 2_000 })).toMatchObject([
      { outcome: 'pass', observed: '`erp`: 0 s old' },
    ]);
  });

  it.each(['request', 'execution', 'authorization'] as const)('denies at the stage %s', (stage) => {
    const stale = { ...fresh, asOfMs: EXAMPLE_NOW_MS - 2 * FRESHNESS_MS };
    const facts = exampleFacts({ stage, allocations: [fresh, stale] });
    const { outcome, findings } = decide(exampleAction(), facts, EXAMPLE_NOW_MS);
    expect(outcome).toBe('denied');
    expect(findings.filter(({ control }) => control === 'budget_allocation')).toMatchObject([
      { outcome: 'pass' },
      { reasonCode: 'budget_stale' },
    ]);
  });
});

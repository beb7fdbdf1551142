// gate/allocation-facts.ts: what a decision knows of budgets whose allocation is kept in another system, and how the
// record keeps it. Nothing at all where no budget is of that kind.
import type { AllocationFacts, BudgetFacts, DecisionFacts } from '@countersign/core';

import type { Json } from '../record/recorder.ts';
import type { PeriodKey } from './resolve-action.ts';
import type { WorkingSet } from './working-set.ts';

/** `budgets` are those of `periods`, in the same order. */
export function allocationFacts(
  periods: readonly PeriodKey[],
  budgets: readonly BudgetFacts[],
  working: WorkingSet,
): Pick<DecisionFacts, 'allocations'> {
  if (!periods.some(({ freshnessMs }) => freshnessMs !== null)) return NONE;
  const allocations = periods.flatMap(({ budgetId, freshnessMs }, index): AllocationFacts[] => {
    const budget = budgets[index];
    if (freshnessMs === null || budget === undefined) return [];
    const allocation = working.allocation(budget.periodId);
    return [
      {
        budgetId,
        asOfMs: allocation?.as_of?.getTime() ?? null,
        freshnessMs,
        contradictions: allocation?.contradictions ?? [],
      },
    ];
  });
  return { allocations };
}

const NONE = {};

export type AllocationFactsRow = readonly [
  budgetId: string,
  asOfMs: number | null,
  freshnessMs: number,
  ...contradictions: string[],
];

export function allocationRow(facts: AllocationFacts): Json {
  return [facts.budgetId, facts.asOfMs, facts.freshnessMs, ...facts.contradictions];
}

/** The inverse of allocationRow. */
export function allocationOfRow([
  budgetId,
  asOfMs,
  freshnessMs,
  ...contradictions
]: AllocationFactsRow): AllocationFacts {
  return { budgetId, asOfMs, freshnessMs, contradictions };
}

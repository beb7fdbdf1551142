// budget-allocation.ts: a budget whose allocation is kept in another system is known, and known freshly enough.
// Clause: AG-642 4.7. All stages. How much room there is in it is for budget-room.ts: a snapshot sets its limit.
// Missing evidence: no snapshot of the period, or one that contradicts itself or others: denied, never held.
import type { AllocationFacts } from '../budget/allocation-facts.ts';
import type { PurchaseControl } from '../decision-facts.ts';
import type { Finding } from '../finding.ts';
import { denial } from './purchase-finding.ts';

const CLAUSE = 'AG-642 4.7';
const NAME = 'budget_allocation';

export const budgetAllocation: PurchaseControl = {
  name: NAME,
  stages: ['request', 'execution', 'authorization'],
  clause: CLAUSE,
  evaluate(_action, facts, nowMs) {
    return facts.allocations?.map((allocation) => findingOf(allocation, nowMs)) ?? NONE;
  },
};

const NONE: readonly Finding[] = [];

function findingOf(allocation: AllocationFacts, nowMs: number): Finding {
  const { budgetId, asOfMs, freshnessMs, contradictions } = allocation;
  const limit = `at most ${secondsText(freshnessMs)} old`;
  const ageMs = asOfMs === null ? null : Math.max(0, nowMs - asOfMs);
  const observed = ageMs === null ? 'no snapshot' : `${secondsText(ageMs)} old`;
  if (contradictions.length > 0) {
    return denial(NAME, CLAUSE, {
      reasonCode: 'budget_indeterminate',
      message: `What is left of the budget \`${budgetId}\` is not known: its last snapshot contradicts itself or others (${contradictions.join(', ')}).`,
      observed: `${observed}; ${contradictions.join(', ')}`,
      limit,
      nextStep: 'Ask the owner of the budget to have its allocation sent again.',
    });
  }
  if (ageMs === null) {
    return denial(NAME, CLAUSE, {
      reasonCode: 'budget_indeterminate',
      message: `What is left of the budget \`${budgetId}\` is not known: there is no snapshot of its allocation for this period.`,
      observed,
      limit,
      nextStep: 'Ask the owner of the budget to have its allocation sent, then ask again.',
    });
  }
  if (ageMs > freshnessMs) {
    return denial(NAME, CLAUSE, {
      reasonCode: 'budget_stale',
      message: `The allocation of the budget \`${budgetId}\` was last known ${secondsText(ageMs)} ago; it may be at most ${secondsText(freshnessMs)} old.`,
      observed,
      limit,
      nextStep: 'Ask again once a newer snapshot of the budget has arrived.',
    });
  }
  return {
    control: NAME,
    policyId: null,
    ruleId: null,
    outcome: 'pass',
    reasonCode: 'ok',
    message: '',
    observed: `\`${budgetId}\`: ${observed}`,
    limit,
    clause: CLAUSE,
    nextStep: null,
    approvers: null,
  };
}

/** To the millisecond: an age that is refused must not read like one that is allowed. */
function secondsText(ms: number): string {
  return `${(ms / 1000).toString()} s`;
}

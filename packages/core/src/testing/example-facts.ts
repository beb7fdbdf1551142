// testing/example-facts.ts: an ordinary action and ordinary facts for tests, to be changed where a test looks.
// Must not be used by anything but tests.
import type { Action } from '../action.ts';
import type { BudgetFacts, DecisionFacts } from '../decision-facts.ts';
import { NO_EXCHANGE } from '../exchange/convert.ts';
import { NOT_RELATED } from '../related/related-facts.ts';

/** Wednesday, 4 March 2026, noon in UTC. */
export const EXAMPLE_NOW_MS = Date.UTC(2026, 2, 4, 12);

/** A purchase of 100.00 USD by card. */
export function exampleAction(changes: Partial<Action> = {}): Action {
  return {
    subject: 'purchase',
    type: 'spend',
    agentId: 'agent_1',
    team: null,
    entityId: 'default',
    policyId: null,
    counterparty: 'vendor_acme',
    amountMinor: 10_000n,
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

/** A budget of 10,000.00 USD of which nothing is used. */
export function exampleBudget(changes: Partial<BudgetFacts> = {}): BudgetFacts {
  return {
    budgetId: 'budget_1',
    periodId: 1n,
    currency: 'USD',
    limitMinor: 1_000_000n,
    pendingMinor: 0n,
    committedMinor: 0n,
    spentMinor: 0n,
    ownMinor: 0n,
    cap: null,
    ...changes,
  };
}

/** An active agent without bindings, one budget, no policy. */
export function exampleFacts(changes: Partial<DecisionFacts> = {}): DecisionFacts {
  return {
    stage: 'request',
    agent: { agentId: 'agent_1', status: 'active', bindings: {} },
    policies: [],
    budgets: [exampleBudget()],
    duplicateAtMs: null,
    jurisdiction: null,
    authority: null,
    related: NOT_RELATED,
    exchange: NO_EXCHANGE,
    supplier: null,
    supplierReview: null,
    signedSteps: [],
    ...changes,
  };
}

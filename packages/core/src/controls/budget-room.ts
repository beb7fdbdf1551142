// budget-room.ts: every budget that covers the purchase has room for it, and at least one does. Clause: AG-642 4.2.
// All stages. What this very request has already set aside does not count against it. A per-agent cap limits like a
// budget but covers nothing; it is reported under its rule as `agent_cap`. Budgets always deny, they never hold.
// Missing evidence: no budget at all, or one in another currency.
import type { Action } from '../action.ts';
import type { BudgetFacts, PurchaseControl } from '../decision-facts.ts';
import type { Finding } from '../finding.ts';
import type { CurrencyCode } from '../currency.ts';
import { parseCurrency } from '../currency.ts';
import { formatMoney } from '../money.ts';
import { denial } from './purchase-finding.ts';

const CLAUSE = 'AG-642 4.2';

export const budgetRoom: PurchaseControl = {
  name: 'budget_room',
  stages: ['request', 'execution', 'authorization'],
  clause: CLAUSE,
  evaluate(action, facts) {
    // An amount below zero would make room: it can only be a bug of the caller, and a throwing control denies.
    if (action.amountMinor < 0n) throw new Error('the amount of a purchase is below zero');
    const findings = facts.budgets.map((budget) => findingOf(action, budget));
    if (facts.budgets.some((budget) => budget.cap === null)) return findings;
    const noBudget = denial('budget_room', CLAUSE, {
      reasonCode: 'no_budget',
      message: 'No budget covers this purchase.',
      limit: 'at least one budget',
      nextStep: 'Ask the operator for a budget that covers this agent, its team, cost centre or project.',
    });
    return [noBudget, ...findings];
  },
};

function findingOf(action: Action, budget: BudgetFacts): Finding {
  const currency = parseCurrency(budget.currency);
  if (currency === undefined || budget.currency !== action.currency) return currencyMismatch(action, budget);
  const usedMinor = budget.pendingMinor + budget.committedMinor + budget.spentMinor - budget.ownMinor;
  const availableMinor = budget.limitMinor - usedMinor;
  if (action.amountMinor > availableMinor)
    return exceeded(action, budget, { currency, usedMinor, availableMinor });
  return {
    control: controlOf(budget),
    policyId: budget.cap?.policyId ?? null,
    ruleId: budget.cap?.ruleId ?? null,
    outcome: 'pass',
    reasonCode: 'ok',
    message: '',
    observed: formatMoney(usedMinor + action.amountMinor, currency),
    limit: formatMoney(budget.limitMinor, currency),
    clause: CLAUSE,
    nextStep: null,
    approvers: null,
  };
}

function currencyMismatch(action: Action, budget: BudgetFacts): Finding {
  return denial(controlOf(budget), CLAUSE, {
    ...budget.cap,
    reasonCode: 'budget_currency_mismatch',
    message: `${nameOf(budget)} is in \`${budget.currency}\` and the amount in \`${action.currency}\`: they cannot be compared.`,
    observed: action.currency,
    limit: budget.currency,
    nextStep: `Ask for an amount in \`${budget.currency}\`, or ask the operator for a budget in \`${action.currency}\`.`,
  });
}

function exceeded(
  action: Action,
  budget: BudgetFacts,
  room: { readonly currency: CurrencyCode; readonly usedMinor: bigint; readonly availableMinor: bigint },
): Finding {
  const { currency, usedMinor, availableMinor } = room;
  const limit = formatMoney(budget.limitMinor, currency);
  const available = formatMoney(availableMinor > 0n ? availableMinor : 0n, currency);
  const amount = formatMoney(action.amountMinor, currency);
  return denial(controlOf(budget), CLAUSE, {
    ...budget.cap,
    reasonCode: budget.cap === null ? 'budget_exceeded' : 'agent_cap_exceeded',
    message: `${nameOf(budget)} of ${limit} has ${available} left; ${amount} does not fit.`,
    observed: formatMoney(usedMinor + action.amountMinor, currency),
    limit,
    nextStep:
      availableMinor > 0n
        ? `Ask for at most ${available}, wait for the next period, or ask the owner of the budget.`
        : 'Wait for the next period, or ask the owner of the budget.',
  });
}

function controlOf(budget: BudgetFacts): string {
  return budget.cap === null ? 'budget_room' : 'agent_cap';
}

function nameOf(budget: BudgetFacts): string {
  return budget.cap === null
    ? `The budget \`${budget.budgetId}\``
    : `The cap of this agent (rule \`${budget.cap.ruleId}\`)`;
}

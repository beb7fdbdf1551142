// budget-room.ts: every budget that covers the purchase has room for it, and at least one does. Clause: AG-642 4.2.
// All stages. What this very request has already set aside does not count against it. A per-agent cap limits like a
// budget but covers nothing; it is reported under its rule as `agent_cap`. Budgets always deny, they never hold.
// A budget in another currency sees the amount converted, rounded up (exchange/convert.ts).
// Missing evidence: no budget at all, or no good exchange rate to the currency of one.
import type { Action } from '../action.ts';
import type { BudgetFacts, PurchaseControl } from '../decision-facts.ts';
import type { Finding } from '../finding.ts';
import type { CurrencyCode } from '../currency.ts';
import { parseCurrency } from '../currency.ts';
import { type Conversion, type ExchangeFacts, convertMinor, describeRate } from '../exchange/convert.ts';
import { formatMoney } from '../money.ts';
import { ceilingKindOf } from '../sourcing/ceiling.ts';
import { denial } from './purchase-finding.ts';

const CLAUSE = 'AG-642 4.2';

export const budgetRoom: PurchaseControl = {
  name: 'budget_room',
  stages: ['request', 'execution', 'authorization'],
  clause: CLAUSE,
  evaluate(action, facts) {
    // An amount below zero would make room: it can only be a bug of the caller, and a throwing control denies.
    if (action.amountMinor < 0n) throw new Error('the amount of a purchase is below zero');
    const findings: Finding[] = [];
    for (const budget of facts.budgets) {
      // The totals of tenders, waivers and framework agreements have controls of their own.
      if (budget.cap !== null && ceilingKindOf(budget.budgetId) !== null) continue;
      findings.push(findingOf(action, budget, facts.exchange));
    }
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

function findingOf(action: Action, budget: BudgetFacts, exchange: ExchangeFacts): Finding {
  const currency = parseCurrency(budget.currency);
  if (currency === undefined) throw new Error(`a budget is in an unknown currency: ${budget.currency}`);
  const amount = convertMinor(action.amountMinor, { from: action.currency, to: currency }, exchange);
  if (!amount.ok) return notConverted(action, budget, amount);
  const usedMinor = budget.pendingMinor + budget.committedMinor + budget.spentMinor - budget.ownMinor;
  const availableMinor = budget.limitMinor - usedMinor;
  if (amount.minor > availableMinor)
    return exceeded(action, budget, { amount, currency, usedMinor, availableMinor });
  return {
    control: controlOf(budget),
    policyId: budget.cap?.policyId ?? null,
    ruleId: budget.cap?.ruleId ?? null,
    outcome: 'pass',
    reasonCode: 'ok',
    message: '',
    observed: observedOf(action, amount, usedMinor, currency),
    limit: formatMoney(budget.limitMinor, currency),
    clause: CLAUSE,
    nextStep: null,
    approvers: null,
  };
}

type Converted = Conversion & { readonly ok: true };

function notConverted(
  action: Action,
  budget: BudgetFacts,
  { reasonCode, message }: Conversion & { readonly ok: false },
): Finding {
  return denial(controlOf(budget), CLAUSE, {
    ...budget.cap,
    reasonCode,
    message: `${nameOf(budget)} is in \`${budget.currency}\` and the amount in \`${action.currency}\`. ${message}`,
    observed: action.currency,
    limit: budget.currency,
    nextStep: `Ask for an amount in \`${budget.currency}\`, or ask the operator to publish an exchange rate from \`${action.currency}\` to \`${budget.currency}\`.`,
  });
}

function exceeded(
  action: Action,
  budget: BudgetFacts,
  room: {
    readonly amount: Converted;
    readonly currency: CurrencyCode;
    readonly usedMinor: bigint;
    readonly availableMinor: bigint;
  },
): Finding {
  const { amount, currency, usedMinor, availableMinor } = room;
  const limit = formatMoney(budget.limitMinor, currency);
  const available = formatMoney(availableMinor > 0n ? availableMinor : 0n, currency);
  const asked = askedFor(action, amount, currency);
  return denial(controlOf(budget), CLAUSE, {
    ...budget.cap,
    reasonCode: budget.cap === null ? 'budget_exceeded' : 'agent_cap_exceeded',
    message: `${nameOf(budget)} of ${limit} has ${available} left; ${asked} does not fit.`,
    observed: observedOf(action, amount, usedMinor, currency),
    limit,
    nextStep:
      availableMinor > 0n
        ? `Ask for at most ${available}, wait for the next period, or ask the owner of the budget.`
        : 'Wait for the next period, or ask the owner of the budget.',
  });
}

/** The amount, and where it was converted what it comes to and by which rate. */
function askedFor(action: Action, { minor, rate }: Converted, currency: CurrencyCode): string {
  if (rate === null) return formatMoney(minor, currency);
  return `${formatMoney(action.amountMinor, action.currency)}, which is ${formatMoney(minor, currency)} at ${describeRate(rate)},`;
}

/** What the budget would come to; with what was asked for and the rate, where it was converted. */
function observedOf(action: Action, amount: Converted, usedMinor: bigint, currency: CurrencyCode): string {
  const total = formatMoney(usedMinor + amount.minor, currency);
  return amount.rate === null ? total : `${total} with ${askedFor(action, amount, currency).slice(0, -1)}`;
}

function controlOf(budget: BudgetFacts): string {
  return budget.cap === null ? 'budget_room' : 'agent_cap';
}

function nameOf(budget: BudgetFacts): string {
  return budget.cap === null
    ? `The budget \`${budget.budgetId}\``
    : `The cap of this agent (rule \`${budget.cap.ruleId}\`)`;
}

// sourcing/ceiling.ts: totals under a tender, a waiver or a framework agreement. The ledger keeps each as a period of its
// own, so it is exact whatever the concurrency. A ceiling limits, and covers nothing: no purchase is paid from it.
import type { Action } from '../action.ts';
import type { CurrencyCode } from '../currency.ts';
import type { BudgetFacts, DecisionFacts } from '../decision-facts.ts';
import { convertMinor } from '../exchange/convert.ts';
import type { Finding } from '../finding.ts';
import { formatMoney } from '../money.ts';

export type CeilingKind = 'tender' | 'waiver' | 'framework';

const KINDS: readonly CeilingKind[] = ['tender', 'waiver', 'framework'];

/** Its id in the ledger. A budget's own id has no colon, so none can pass for another. */
export function ceilingId(kind: CeilingKind, id: string): string {
  return `${kind}:${id}`;
}

/** null: a budget, or a cap of a policy rule. */
export function ceilingKindOf(budgetId: string): CeilingKind | null {
  return KINDS.find((kind) => budgetId.startsWith(`${kind}:`)) ?? null;
}

export type Room =
  | { readonly ok: true; readonly observed: string; readonly limit: string }
  /** `reasonCode` null: it does not fit. Otherwise it cannot be compared, for that reason. */
  | {
      readonly ok: false;
      readonly reasonCode: string | null;
      readonly message: string;
      readonly observed: string;
      readonly limit: string;
    };

/** Whether the purchase fits below a ceiling, what it has set aside itself left out. */
export function roomUnder(
  { kind, id, ceilingMinor, currency }: Ceiling,
  action: Pick<Action, 'amountMinor' | 'currency'>,
  { budgets, exchange }: Pick<DecisionFacts, 'budgets' | 'exchange'>,
): Room {
  const period = budgets.find((budget) => budget.budgetId === ceilingId(kind, id));
  const limit = formatMoney(ceilingMinor, currency);
  const asked = formatMoney(action.amountMinor, action.currency);
  if (period?.currency !== currency) {
    const message = 'What has been used of it is not known.';
    return { ok: false, reasonCode: 'ceiling_indeterminate', message, observed: asked, limit };
  }
  const amount = convertMinor(action.amountMinor, { from: action.currency, to: currency }, exchange);
  if (!amount.ok) {
    const { reasonCode, message } = amount;
    return { ok: false, reasonCode, message, observed: asked, limit };
  }
  const usedMinor = period.pendingMinor + period.committedMinor + period.spentMinor - period.ownMinor;
  const limitMinor = period.limitMinor < ceilingMinor ? period.limitMinor : ceilingMinor;
  const leftMinor = limitMinor - usedMinor;
  const observed = formatMoney(usedMinor + amount.minor, currency);
  if (amount.minor <= leftMinor) return { ok: true, observed, limit };
  const left = formatMoney(leftMinor > 0n ? leftMinor : 0n, currency);
  return {
    ok: false,
    reasonCode: null,
    message: `${left} of ${limit} is left; ${asked} does not fit.`,
    observed,
    limit,
  };
}

export interface Ceiling {
  readonly kind: CeilingKind;
  readonly id: string;
  readonly ceilingMinor: bigint;
  readonly currency: CurrencyCode;
}

/**
 * The periods a purchase takes room in: all that bind it, but of the waivers only the one it rests on. A waiver that was
 * not needed is not used up.
 */
export function reservedBudgets(
  budgets: readonly BudgetFacts[],
  findings: readonly Finding[],
): readonly BudgetFacts[] {
  const isIdle = ({ budgetId, cap }: BudgetFacts): boolean =>
    cap !== null && ceilingKindOf(budgetId) === 'waiver' && !restsOn(budgetId, findings);
  return budgets.some(isIdle) ? budgets.filter((budget) => !isIdle(budget)) : budgets;
}

function restsOn(budgetId: string, findings: readonly Finding[]): boolean {
  return findings.some(
    ({ waiverId }) => waiverId !== undefined && ceilingId('waiver', waiverId) === budgetId,
  );
}

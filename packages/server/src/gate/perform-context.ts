// gate/perform-context.ts: what performing a command works on, what it comes to, and the facts of its decision.
import type { Decision, DecisionFacts, PurchaseState } from '@countersign/core';

import type { Configuration } from './configuration.ts';
import type { PeriodKey, ResolvedAction } from './resolve-action.ts';
import type { CheckoutFor, GateEntropy, GateSettings } from './settings.ts';
import type { WorkingSet } from './working-set.ts';

export interface PerformContext {
  readonly configuration: Configuration;
  readonly settings: GateSettings;
  readonly checkoutFor: CheckoutFor;
  readonly entropy: GateEntropy;
  readonly working: WorkingSet;
  /** `budget id|start` -> period id, for every period the batch has locked. */
  readonly periodIds: ReadonlyMap<string, bigint>;
  /** The period that is credited when a purchase's own period is over. */
  readonly creditPeriod: (periodId: bigint, atMs: number) => bigint;
}

/** What a command came to, before it is sealed: the draft at `draftIndex` is its first log entry. */
export interface Performed {
  readonly ok: true;
  readonly draftIndex: number;
  readonly state: PurchaseState | null;
  readonly createdId: string | null;
  readonly decision: Decision | null;
}

/** Facts of a decision but for its stage and signatures: configuration that cannot change under the lock, and balances as the batch left them. */
export function factsOf(
  resolved: ResolvedAction,
  periods: readonly PeriodKey[],
  state: PurchaseState | null,
  duplicateAtMs: number | null,
  context: PerformContext,
  isAtTheTill = false,
): Omit<DecisionFacts, 'stage' | 'signedSteps'> {
  return {
    agent: resolved.agent,
    policies: resolved.policies,
    budgets: periods.map((period) => {
      const carrying = isAtTheTill ? carryingPeriod(state, period.budgetId, context) : undefined;
      const periodId = carrying ?? context.periodIds.get(period.key);
      const balance = periodId === undefined ? undefined : context.working.balance(periodId);
      if (balance === undefined) throw new Error(`the budget period ${period.key} was not locked`);
      const own = state?.reservedPeriods.includes(balance.periodId) === true ? state.reservedMinor : 0n;
      return {
        budgetId: balance.budgetId,
        periodId: balance.periodId,
        currency: balance.currency,
        limitMinor: isTighterCap(period, balance) ? period.limitMinor : balance.limitMinor,
        pendingMinor: balance.pendingMinor,
        committedMinor: balance.committedMinor,
        spentMinor: balance.spentMinor,
        ownMinor: own,
        cap: period.cap,
      };
    }),
    duplicateAtMs,
  };
}

/**
 * The period of this budget that carries the purchase: a charge is settled where its reservation sits, also after that
 * period has ended, and takes no room in another.
 */
function carryingPeriod(
  state: PurchaseState | null,
  budgetId: string,
  { working }: PerformContext,
): bigint | undefined {
  return state?.reservedPeriods.find((periodId) => working.balance(periodId)?.budgetId === budgetId);
}

/** A cap that a newer policy has lowered acts at once; its period was opened with the limit of the older one. */
function isTighterCap(period: PeriodKey, balance: { readonly limitMinor: bigint }): boolean {
  return period.cap !== null && period.limitMinor < balance.limitMinor;
}

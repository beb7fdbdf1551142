// gate/perform-context.ts: what performing a command works on, what it comes to, and the facts of its decision.
import {
  type BudgetFacts,
  type Decision,
  type DecisionFacts,
  type Merchant,
  type PurchaseState,
  reservedIn,
  watchedThresholds,
} from '@countersign/core';

import { allocationFacts } from './allocation-facts.ts';
import type { Configuration } from './configuration.ts';
import { authorityFacts } from './authority-facts.ts';
import { exchangeFacts } from './decision-rates.ts';
import type { PeriodKey, ResolvedAction } from './resolve-action.ts';
import { relatedFacts } from './related-facts.ts';
import type { RelatedKeys } from './related-keys.ts';
import { relationOf, sourcingFacts } from './resolve-sourcing.ts';
import { supplierFacts } from './supplier-facts.ts';
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
  /** Purchases without which it would not have been stopped: they are decided again before it is answered. */
  readonly siblings?: readonly string[];
}

export interface FactsQuery {
  readonly periods: readonly PeriodKey[];
  /** null: it does not exist yet. */
  readonly state: PurchaseState | null;
  readonly duplicateAtMs: number | null;
  readonly atMs: number;
  readonly isAtTheTill: boolean;
  readonly related: RelatedKeys;
  /** Log entry of its first decision; null: it does not exist yet. */
  readonly decidedEntryId: bigint | null;
  /** Whom the network reports, at the till. */
  readonly merchant?: Merchant;
}

/** Facts of a decision but for its stage and signatures: configuration that cannot change under the lock, and balances as the batch left them. */
export function factsOf(
  resolved: ResolvedAction,
  query: FactsQuery,
  context: PerformContext,
): Omit<DecisionFacts, 'stage' | 'signedSteps'> {
  const { configuration, working } = context;
  const { action, agent, policies } = resolved;
  const { atMs, duplicateAtMs, periods, state, decidedEntryId } = query;
  const jurisdiction = configuration.entities.get(action.entityId)?.country ?? null;
  const suppliers = supplierFacts(configuration.suppliers, action, query.merchant ?? null);
  const budgets = periods.map((period) => budgetFacts(period, query, context));
  const authority = authorityFacts(resolved, jurisdiction, configuration, atMs);
  const exchange = exchangeFacts(configuration.exchange, {
    atMs,
    supplier: suppliers.supplier?.supplierId ?? action.counterparty,
  });
  const sourcing = sourcingFacts(resolved, { periods, atMs }, configuration);
  const related = relatedFacts(
    action,
    {
      related: query.related,
      settings: relationOf(resolved.sourcing),
      thresholds: watchedThresholds(action, { policies, authority, ...sourcing }),
      exchange,
      atMs,
      own: state === null || decidedEntryId === null ? null : { state, decidedEntryId },
    },
    working,
  );
  return {
    agent,
    policies,
    budgets,
    ...allocationFacts(periods, budgets, working),
    duplicateAtMs,
    jurisdiction,
    authority,
    related,
    exchange,
    ...suppliers,
    ...sourcing,
  };
}

function budgetFacts(
  period: PeriodKey,
  { state, isAtTheTill }: FactsQuery,
  context: PerformContext,
): BudgetFacts {
  const carrying = isAtTheTill ? carryingPeriod(state, period.budgetId, context) : undefined;
  const periodId = carrying ?? context.periodIds.get(period.key);
  const balance = periodId === undefined ? undefined : context.working.balance(periodId);
  if (balance === undefined) throw new Error(`the budget period ${period.key} was not locked`);
  return {
    budgetId: balance.budgetId,
    periodId: balance.periodId,
    currency: balance.currency,
    limitMinor: isTighterCap(period, balance) ? period.limitMinor : balance.limitMinor,
    pendingMinor: balance.pendingMinor,
    committedMinor: balance.committedMinor,
    spentMinor: balance.spentMinor,
    ownMinor: state === null ? 0n : reservedIn(state, balance.periodId),
    cap: period.cap,
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

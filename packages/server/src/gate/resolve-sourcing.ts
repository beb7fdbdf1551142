// gate/resolve-sourcing.ts: which sourcing policies bind a purchase, and what it can rest on: the tender and the framework
// agreement it cites, and the waivers that may cover it. Pure: configuration in, nothing else; no time is looked at here.
import {
  type Action,
  type CompiledSourcingPolicy,
  DEFAULT_RELATION_SETTINGS,
  type RelationSettings,
  type SourcingFacts,
  type SourcingWaiver,
  ceilingId,
  isCallOff,
  isInnocentRepetition,
  isWaiverFor,
  jurisdictionChain,
  narrowestFirst,
  strictestRelation,
  supplierKeys,
} from '@countersign/core';

import type { Configuration } from './configuration.ts';
import type { PeriodKey } from './resolve-action.ts';
import { supplierFacts } from './supplier-facts.ts';

/** Waivers that are considered for one purchase: each is a row to lock. */
const WAIVERS_MAX = 8;

/** What binds a purchase whenever it is decided; the time of a decision leaves some of it out. */
export type ResolvedSourcing = Omit<SourcingFacts, 'jurisdictions'>;

/** null: no sourcing policy binds it, and it cites neither a tender nor a framework agreement. */
export function resolveSourcing(action: Action, configuration: Configuration): ResolvedSourcing | null {
  const { general, byScope, tenders, frameworks } = configuration.sourcing;
  if (action.subject !== 'purchase') return null;
  if (general.length === 0 && byScope.size === 0 && action.sourcing === null) return null;
  const policies = byScope.size === 0 ? general : [...general, ...namedPolicies(action, byScope)];
  const { tenderReference = null, frameworkId = null } = action.sourcing ?? {};
  if (policies.length === 0 && tenderReference === null && frameworkId === null) return null;
  return {
    policies,
    tender: tenderReference === null ? null : (tenders.get(tenderReference) ?? null),
    framework: frameworkId === null ? null : (frameworks.get(frameworkId) ?? null),
    waivers: policies.some(({ thresholds }) => thresholds.size > 0) ? waiversFor(action, configuration) : [],
  };
}

/** Of what binds a purchase, what a decision is made from: the waivers whose totals are under its locks. */
export function sourcingFacts(
  { action, sourcing }: { readonly action: Action; readonly sourcing: ResolvedSourcing | null },
  { periods, atMs }: { readonly periods: readonly PeriodKey[]; readonly atMs: number },
  configuration: Configuration,
): { readonly sourcing: SourcingFacts } | null {
  if (sourcing === null) return null;
  const country = configuration.entities.get(action.entityId)?.country ?? null;
  const locked = new Set(periods.map(({ budgetId }) => budgetId));
  return {
    sourcing: {
      ...sourcing,
      jurisdictions: jurisdictionChain(country, atMs, configuration.regions),
      waivers: sourcing.waivers.filter(({ waiverId }) => locked.has(ceilingId('waiver', waiverId))),
    },
  };
}

/** How the purchase is related to others: by the settings that relate most, of the policies that bind it. */
export function relationOf(sourcing: ResolvedSourcing | null): RelationSettings {
  if (sourcing === null || sourcing.policies.length === 0) return DEFAULT_RELATION_SETTINGS;
  return strictestRelation(sourcing.policies.map(({ relation }) => relation));
}

/**
 * Whether it is added up with others at all. A call-off is not: its agreement's ceiling is the aggregate. Nor is what a
 * policy that binds it explains as repetition.
 */
export function isAggregated(
  action: Action,
  sourcing: ResolvedSourcing | null,
  configuration: Configuration,
): boolean {
  if (sourcing === null) return true;
  if (isCallOff(action.sourcing, sourcing.framework)) return false;
  const policies = sourcing.policies.filter(({ repetitions }) => repetitions.length > 0);
  if (policies.length === 0) return true;
  const { supplier } = supplierFacts(configuration.suppliers, action, null);
  return !policies.some((policy) => isInnocentRepetition(action, supplier, policy));
}

/** The totals it counts towards at this time, each a period that never ends. */
export function ceilingPeriods({ tender, framework, waivers }: ResolvedSourcing, atMs: number): PeriodKey[] {
  const keys: PeriodKey[] = [];
  if (tender !== null) keys.push(periodOf(ceilingId('tender', tender.tenderReference), tender));
  if (framework !== null) keys.push(periodOf(ceilingId('framework', framework.frameworkId), framework));
  for (const { waiverId, upToMinor, currency } of waivers
    .filter(({ validUntilMs }) => atMs < validUntilMs)
    .slice(0, WAIVERS_MAX)) {
    keys.push(periodOf(ceilingId('waiver', waiverId), { ceilingMinor: upToMinor, currency }));
  }
  return keys;
}

/** When a ceiling's one period begins. */
const CEILING_STARTS_AT_MS = 0;

function periodOf(
  budgetId: string,
  { ceilingMinor, currency }: { readonly ceilingMinor: bigint; readonly currency: string },
): PeriodKey {
  return {
    key: `${budgetId}|${CEILING_STARTS_AT_MS}`,
    budgetId,
    startsAtMs: CEILING_STARTS_AT_MS,
    endsAtMs: null,
    currency,
    limitMinor: ceilingMinor,
    cap: CEILING,
    freshnessMs: null,
  };
}

/** It limits, and belongs to no rule. */
const CEILING = { policyId: '', ruleId: '' };

function namedPolicies(
  { agentId, team, entityId, costCenter }: Action,
  byScope: Configuration['sourcing']['byScope'],
): readonly CompiledSourcingPolicy[] {
  const keys = [`agent:${agentId}`, `entity:${entityId}`];
  if (team !== null) keys.push(`team:${team}`);
  if (costCenter !== null) keys.push(`cost_center:${costCenter}`);
  return [...new Set(keys.flatMap((key) => byScope.get(key) ?? []))];
}

function waiversFor(action: Action, configuration: Configuration): readonly SourcingWaiver[] {
  const { waiversBySupplier } = configuration.sourcing;
  if (waiversBySupplier.size === 0) return [];
  const { supplier } = supplierFacts(configuration.suppliers, action, null);
  const { entities, regions } = configuration;
  const country = entities.get(action.entityId)?.country ?? null;
  return supplierKeys(action, supplier)
    .flatMap((key) => waiversBySupplier.get(key) ?? [])
    .filter((waiver) =>
      isWaiverFor(waiver, action, supplier, jurisdictionChain(country, waiver.validUntilMs - 1, regions)),
    )
    .sort(narrowestFirst);
}

// gate/resolve-action.ts: completes what an agent asked for with what the registry knows, and finds the policies and
// budgets that bind it. Pure: configuration and time in, nothing else.
import { hash } from 'node:crypto';

import {
  type Action,
  type AgentCap,
  type CompiledPolicy,
  type FactSource,
  parseCurrency,
  periodContaining,
} from '@countersign/core';

import type { CheckInput, PurchaseInput } from './command.ts';
import type { Agent, Budget, Configuration } from './configuration.ts';
import { type ResolvedSourcing, ceilingPeriods, resolveSourcing } from './resolve-sourcing.ts';

/** One budget period that binds an action: the guard row to lock, opened when it does not exist yet. */
export interface PeriodKey {
  /** `budget id|start`: identity of the period. */
  readonly key: string;
  readonly budgetId: string;
  readonly startsAtMs: number;
  readonly endsAtMs: number | null;
  readonly currency: string;
  readonly limitMinor: bigint;
  readonly cap: { readonly policyId: string; readonly ruleId: string } | null;
  /** How old a snapshot of its allocation may be; null: it has its own limit. */
  readonly freshnessMs: number | null;
}

export interface ResolvedAction {
  readonly action: Action;
  readonly agent: Agent;
  readonly policies: readonly CompiledPolicy[];
  /** Some rule looks for duplicates. */
  readonly guardsDuplicates: boolean;
  /** null: no sourcing policy binds it, and it cites nothing. */
  readonly sourcing: ResolvedSourcing | null;
}

export type Resolution =
  ResolvedAction | { readonly refusal: { readonly code: string; readonly message: string } };

export function resolvePurchase(input: PurchaseInput, configuration: Configuration): Resolution {
  const agent = configuration.agents.get(input.agentId);
  if (agent === undefined) return refusal('agent_not_found', `There is no agent \`${input.agentId}\`.`);
  const policyId = input.policyId ?? agent.bindings.defaultPolicy ?? null;
  if (policyId !== null && !configuration.policies.has(policyId)) {
    return refusal('policy_not_found', `There is no policy \`${policyId}\`.`);
  }
  const costCenter = input.costCenter ?? agent.bindings.defaultCostCenter ?? null;
  const entityId =
    (costCenter === null ? undefined : configuration.costCenterEntity.get(costCenter)) ?? agent.entityId;
  const sources: Record<string, FactSource> = {};
  if (input.policyId === null && policyId !== null) sources['policy_id'] = 'operator';
  if (input.costCenter === null && costCenter !== null) sources['cost_center'] = 'operator';
  if (input.project === null && agent.bindings.defaultProject !== undefined) sources['project'] = 'operator';
  const action: Action = {
    subject: 'purchase',
    type: 'spend',
    agentId: agent.agentId,
    team: agent.team,
    entityId,
    policyId,
    counterparty: input.vendor,
    amountMinor: input.amountMinor,
    currency: input.currency,
    category: input.category,
    costCenter,
    project: input.project ?? agent.bindings.defaultProject ?? null,
    rail: input.rail ?? 'card',
    country: input.merchant.country,
    mcc: input.merchant.mcc,
    merchantDomain: input.merchant.domain,
    daysSincePurchase: null,
    discountBasisPoints: null,
    dealAmountMinor: null,
    sourcing: input.sourcing,
    sources,
  };
  return resolved(action, agent, configuration);
}

export function resolveCheck(input: CheckInput, configuration: Configuration): Resolution {
  const agent = configuration.agents.get(input.agentId);
  if (agent === undefined) return refusal('agent_not_found', `There is no agent \`${input.agentId}\`.`);
  const policy = configuration.policies.get(input.policyId);
  if (policy === undefined) return refusal('policy_not_found', `There is no policy \`${input.policyId}\`.`);
  const action: Action = {
    subject: 'check',
    type: input.actionType,
    agentId: agent.agentId,
    team: agent.team,
    entityId: agent.entityId,
    policyId: input.policyId,
    counterparty: input.counterparty,
    amountMinor: input.amountMinor,
    currency: input.currency,
    category: input.category,
    costCenter: null,
    project: null,
    rail: input.rail,
    country: input.country,
    mcc: input.mcc,
    merchantDomain: input.merchantDomain,
    daysSincePurchase: input.daysSincePurchase,
    discountBasisPoints: input.discountBasisPoints,
    dealAmountMinor: input.dealAmountMinor,
    sourcing: null,
    sources: {},
  };
  return { action, agent, policies: [policy], guardsDuplicates: guardsDuplicates([policy]), sourcing: null };
}

/** A stored action under the configuration of now: what binds it when it is decided again. */
export function resolveAgain(action: Action, configuration: Configuration): ResolvedAction | null {
  const agent = configuration.agents.get(action.agentId);
  return agent === undefined ? null : resolved(action, agent, configuration);
}

function resolved(action: Action, agent: Agent, configuration: Configuration): ResolvedAction {
  const policies: CompiledPolicy[] = [];
  const named = action.policyId === null ? undefined : configuration.policies.get(action.policyId);
  if (named !== undefined) policies.push(named);
  for (const policy of configuration.standingPolicies) {
    const { organisation, agents, teams } = policy.appliesTo;
    const applies =
      organisation || agents.includes(agent.agentId) || (agent.team !== null && teams.includes(agent.team));
    if (applies && policy !== named) policies.push(policy);
  }
  const sourcing = resolveSourcing(action, configuration);
  return { action, agent, policies, guardsDuplicates: guardsDuplicates(policies), sourcing };
}

function guardsDuplicates(policies: readonly CompiledPolicy[]): boolean {
  return policies.some((policy) => policy.rules.some((rule) => rule.duplicateWindowMinutes !== null));
}

/** The periods of every budget and per-agent cap that binds an action at this time, in the order of their keys. */
export function periodsOf(resolved: ResolvedAction, configuration: Configuration, atMs: number): PeriodKey[] {
  const keys: PeriodKey[] = [];
  for (const budget of budgetsOf(resolved.action, configuration)) {
    const key = periodKeyOf(budget, atMs);
    if (key !== null) keys.push(key);
  }
  for (const policy of resolved.policies) {
    for (const rule of policy.rules) {
      if (rule.agentCap === null) continue;
      const key = capKey(rule.agentCap, policy.policyId, rule.ruleId, resolved.action.agentId, atMs);
      if (key !== null) keys.push(key);
    }
  }
  if (resolved.sourcing !== null) keys.push(...ceilingPeriods(resolved.sourcing, atMs));
  return keys;
}

function budgetsOf(action: Action, configuration: Configuration): Budget[] {
  const found: Budget[] = [];
  for (const type of DIMENSIONS) {
    const byId = configuration.budgetsByDimension.get(type);
    if (byId === undefined) continue;
    const id = dimensionOf(action, type, configuration);
    if (id === null) continue;
    addCovering(byId.get(id), action, configuration, found);
    if (type !== 'cost_center') continue;
    for (const above of configuration.costCenterAncestors.get(id) ?? NONE_ABOVE)
      addCovering(byId.get(above), action, configuration, found);
  }
  return found;
}

function addCovering(
  budgets: readonly Budget[] | undefined,
  action: Action,
  configuration: Configuration,
  found: Budget[],
): void {
  if (budgets === undefined) return;
  for (const budget of budgets) {
    if (budget.scope.every((dimension) => covers(dimension, action, configuration))) found.push(budget);
  }
}

const NONE_ABOVE: readonly string[] = [];

/** A budget of a cost centre covers every one below it. */
function covers(
  { type, id }: Budget['scope'][number],
  action: Action,
  configuration: Configuration,
): boolean {
  const own = dimensionOf(action, type, configuration);
  if (own === id) return true;
  return type === 'cost_center' && own !== null
    ? (configuration.costCenterAncestors.get(own)?.includes(id) ?? false)
    : false;
}

const DIMENSIONS = [
  'organisation',
  'entity',
  'team',
  'cost_center',
  'programme',
  'project',
  'policy',
  'agent',
] as const;

const ORGANISATION = '*';

/** Where an action stands in one dimension of a budget's scope; null: nowhere. */
function dimensionOf(action: Action, type: string, { programmes }: Configuration): string | null {
  switch (type) {
    case 'organisation':
      return ORGANISATION;
    case 'entity':
      return action.entityId;
    case 'team':
      return action.team;
    case 'cost_center':
      return action.costCenter;
    case 'project':
      return action.project;
    case 'programme':
      return action.project === null ? null : (programmes.get(action.project) ?? null);
    case 'policy':
      return action.policyId;
    case 'agent':
      return action.agentId;
    default:
      return null;
  }
}

export function periodKeyOf(budget: Budget, atMs: number): PeriodKey | null {
  const period = periodContaining({
    period: budget.period,
    timeZone: budget.timeZone,
    at: atMs,
    ...(budget.startsAtMs === null ? {} : { startsAt: budget.startsAtMs }),
    ...(budget.endsAtMs === null ? {} : { endsAt: budget.endsAtMs }),
  });
  if (period === undefined) return null;
  return {
    key: `${budget.budgetId}|${String(period.startMs)}`,
    budgetId: budget.budgetId,
    startsAtMs: period.startMs,
    endsAtMs: period.endMs,
    currency: budget.currency,
    limitMinor: budget.limitMinor,
    cap: null,
    freshnessMs: budget.freshnessMs,
  };
}

function capKey(
  cap: AgentCap,
  policyId: string,
  ruleId: string,
  agentId: string,
  atMs: number,
): PeriodKey | null {
  const currency = parseCurrency(cap.currency);
  if (currency === undefined) return null;
  const budget: Budget = {
    budgetId: `cap:${policyId}:${ruleId}:${agentId}`,
    scope: [],
    period: cap.period,
    startsAtMs: null,
    endsAtMs: null,
    currency,
    limitMinor: cap.limitMinor,
    timeZone: cap.timeZone,
    carryOver: null,
    freshnessMs: null,
  };
  const key = periodKeyOf(budget, atMs);
  return key === null ? null : { ...key, cap: { policyId, ruleId } };
}

/** 64 bits of the duplicate key: same agent, action, counterparty, amount and currency. */
export function fingerprintOf(action: Action): bigint {
  const text = [
    action.subject,
    action.agentId,
    action.type,
    action.counterparty,
    action.amountMinor.toString(),
    action.currency,
  ].join('\0');
  return hash('sha256', text, 'buffer').readBigInt64BE(0);
}

function refusal(code: string, message: string): Resolution {
  return { refusal: { code, message } };
}

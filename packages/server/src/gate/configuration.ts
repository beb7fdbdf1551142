// gate/configuration.ts: the configuration a gateway decides by, compiled once per version and never changed in place.
// A fact read from it is current because the gate checks the version under the configuration lock.
import {
  type AgentBindings,
  type CompiledPolicy,
  type CurrencyCode,
  parseCurrency,
  parsePolicy,
} from '@countersign/core';

import type { AgentRow, BudgetRow, ConfigurationRows, EntityRow } from '../ledger/load-configuration.ts';
import type { Caller, Role } from '../record/caller.ts';

export interface Agent {
  readonly agentId: string;
  readonly team: string | null;
  readonly owner: string | null;
  readonly entityId: string;
  readonly status: 'active' | 'suspended';
  readonly bindings: AgentBindings;
}

export interface Budget {
  readonly budgetId: string;
  readonly scope: readonly { readonly type: string; readonly id: string }[];
  readonly period: BudgetRow['period'];
  readonly startsAtMs: number | null;
  readonly endsAtMs: number | null;
  readonly currency: CurrencyCode;
  readonly limitMinor: bigint;
  readonly timeZone: string;
}

export interface Configuration {
  readonly version: bigint;
  readonly changeControl: 'single' | 'four_eyes';
  readonly requireIdempotencyKey: boolean;
  readonly installationId: string;
  readonly entities: ReadonlyMap<string, EntityRow>;
  readonly defaultEntity: EntityRow;
  /** Cost centre -> legal entity; one that is not listed belongs to its agent's entity. */
  readonly costCenterEntity: ReadonlyMap<string, string>;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly policies: ReadonlyMap<string, CompiledPolicy>;
  /** Policies that run whether they were named or not. */
  readonly standingPolicies: readonly CompiledPolicy[];
  /** First dimension of the scope, its type -> its id -> the budgets that may apply. */
  readonly budgetsByDimension: ReadonlyMap<string, ReadonlyMap<string, readonly Budget[]>>;
  readonly budgets: ReadonlyMap<string, Budget>;
  /** SHA-256 of a key, hex -> whom it speaks for. */
  readonly callers: ReadonlyMap<string, KeyHolder>;
  /** Key ids that still hold; a key revoked after authentication is noticed here, under the lock. */
  readonly keyIds: ReadonlySet<string>;
}

export interface KeyHolder {
  readonly caller: Caller;
  readonly expiresAtMs: number | null;
}

export function compileConfiguration(rows: ConfigurationRows): Configuration {
  const defaultEntity = rows.entities.find((entity) => entity.is_default);
  if (defaultEntity === undefined) throw new Error('the installation has no default legal entity');
  const policies = new Map(rows.policies.map((row) => [row.policy_id, compiled(row.document, row.version)]));
  const budgets = rows.budgets.map(budgetOf);
  return {
    version: rows.version,
    changeControl: rows.changeControl,
    requireIdempotencyKey: rows.requireIdempotencyKey,
    installationId: rows.installationId,
    entities: new Map(rows.entities.map((entity) => [entity.entity_id, entity])),
    defaultEntity,
    costCenterEntity: new Map(rows.costCenters.map((row) => [row.cost_center_id, row.entity_id])),
    agents: new Map(rows.agents.map((row) => [row.agent_id, agentOf(row, defaultEntity.entity_id)])),
    policies,
    standingPolicies: [...policies.values()].filter(
      ({ appliesTo }) => appliesTo.organisation || appliesTo.agents.length > 0 || appliesTo.teams.length > 0,
    ),
    budgetsByDimension: groupByDimension(budgets),
    budgets: new Map(budgets.map((budget) => [budget.budgetId, budget])),
    callers: callersOf(rows),
    keyIds: keyIdsOf(rows),
  };
}

function compiled(document: unknown, version: number): CompiledPolicy {
  const parsed = parsePolicy(document, version);
  if (!parsed.ok) throw new Error(`a stored policy does not parse: ${parsed.faults[0]?.message ?? ''}`);
  return parsed.policy;
}

function agentOf(row: AgentRow, defaultEntityId: string): Agent {
  const bindings = row.bindings as {
    policies?: string[];
    cost_centers?: string[];
    projects?: string[];
    default_policy?: string;
    default_cost_center?: string;
    default_project?: string;
  }; // written by admin/agents only, validated there
  return {
    agentId: row.agent_id,
    team: row.team,
    owner: row.owner,
    entityId: row.entity_id ?? defaultEntityId,
    status: row.status,
    bindings: {
      ...(bindings.policies === undefined ? {} : { policies: bindings.policies }),
      ...(bindings.cost_centers === undefined ? {} : { costCenters: bindings.cost_centers }),
      ...(bindings.projects === undefined ? {} : { projects: bindings.projects }),
      ...(bindings.default_policy === undefined ? {} : { defaultPolicy: bindings.default_policy }),
      ...(bindings.default_cost_center === undefined
        ? {}
        : { defaultCostCenter: bindings.default_cost_center }),
      ...(bindings.default_project === undefined ? {} : { defaultProject: bindings.default_project }),
    },
  };
}

function budgetOf(row: BudgetRow): Budget {
  const currency = parseCurrency(row.currency);
  if (currency === undefined) throw new Error(`a stored budget has an unknown currency: ${row.currency}`);
  return {
    budgetId: row.budget_id,
    scope: row.scope,
    period: row.period,
    startsAtMs: row.starts_at?.getTime() ?? null,
    endsAtMs: row.ends_at?.getTime() ?? null,
    currency,
    limitMinor: row.limit_minor,
    timeZone: row.time_zone,
  };
}

function groupByDimension(budgets: readonly Budget[]): Map<string, Map<string, Budget[]>> {
  const types = new Map<string, Map<string, Budget[]>>();
  for (const budget of budgets) {
    const [first] = budget.scope;
    if (first === undefined) continue;
    const ids = types.get(first.type) ?? new Map<string, Budget[]>();
    types.set(first.type, ids);
    const group = ids.get(first.id);
    if (group === undefined) ids.set(first.id, [budget]);
    else group.push(budget);
  }
  return types;
}

function callersOf(rows: ConfigurationRows): Map<string, KeyHolder> {
  const principals = new Map(rows.principals.map((row) => [row.principal_id, row]));
  const callers = new Map<string, KeyHolder>();
  for (const key of rows.keys) {
    const expiresAtMs = key.expires_at?.getTime() ?? null;
    const hash = key.key_hash.toString('hex');
    if (key.agent_id !== null) {
      callers.set(hash, { caller: { kind: 'agent', agentId: key.agent_id, keyId: key.key_id }, expiresAtMs });
      continue;
    }
    const principal = key.principal_id === null ? undefined : principals.get(key.principal_id);
    if (principal?.status !== 'active') continue;
    const caller: Caller = {
      kind: 'principal',
      principalId: principal.principal_id,
      roles: principal.roles as Role[], // written by admin/principals only, validated there
      email: principal.email,
      keyId: key.key_id,
    };
    callers.set(hash, { caller, expiresAtMs });
  }
  return callers;
}

/** Without the keys of disabled principals: they stop to hold with their holder. */
function keyIdsOf(rows: ConfigurationRows): Set<string> {
  const disabled = new Set(
    rows.principals.filter((row) => row.status !== 'active').map((row) => row.principal_id),
  );
  const holding = rows.keys.filter((key) => key.principal_id === null || !disabled.has(key.principal_id));
  return new Set(holding.map((key) => key.key_id));
}

// gate/configuration.ts: the configuration a gateway decides by, compiled once per version and never changed in place.
// A fact read from it is current because the gate checks the version under the configuration lock.
import {
  type AgentBindings,
  type ApprovalLimits,
  type CarryOver,
  type AuthorityMatrix,
  type CompiledPolicy,
  type CurrencyCode,
  approvalLimits,
  approvalSettings,
  parseAuthorityMatrix,
  parseCurrency,
  NO_REGIONS,
  type Region,
  type Regions,
  compileRegions,
  parsePolicy,
} from '@countersign/core';

import type {
  AgentRow,
  BudgetRow,
  ConfigurationRows,
  EntityRow,
  SupplierRow,
} from '../ledger/load-configuration.ts';
import type { Caller, Role } from '../record/caller.ts';
import { compileExchange } from './compile-exchange.ts';
import type { Exchange } from './decision-rates.ts';
import { carryOverOf } from '../record/open-budget-periods.ts';
import { type SupplierDocument, supplierOfDocument } from '../suppliers/stored-supplier.ts';
import type { SupplierIndex } from '../suppliers/supplier-index.ts';
import { type Approvers, compileApprovers } from './approvers.ts';
import { type SourcingConfiguration, compileSourcing } from './sourcing-configuration.ts';
import { type VelocityReviews, reviewKey } from './velocity-reviews.ts';

export interface Agent {
  readonly agentId: string;
  readonly team: string | null;
  readonly role: string | null;
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
  readonly carryOver: CarryOver | null;
  /** How old a snapshot of its allocation may be; null: its own limit counts. */
  readonly freshnessMs: number | null;
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
  /** What is above a cost centre, nearest first; those with nothing above them are not in it. */
  readonly costCenterAncestors: ReadonlyMap<string, readonly string[]>;
  /** Project -> programme. */
  readonly programmes: ReadonlyMap<string, string>;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly policies: ReadonlyMap<string, CompiledPolicy>;
  /** The one in force a day before this was loaded, and all after it. */
  readonly authorityMatrices: readonly AuthorityMatrix[];
  /** Active principals with the role approver: id -> e-mail address. */
  readonly approvers: ReadonlyMap<string, string | null>;
  /** Policies that run whether they were named or not. */
  readonly standingPolicies: readonly CompiledPolicy[];
  /** First dimension of the scope, its type -> its id -> the budgets that may apply. */
  readonly budgetsByDimension: ReadonlyMap<string, ReadonlyMap<string, readonly Budget[]>>;
  readonly budgets: ReadonlyMap<string, Budget>;
  /** What else the installation has set, by its name on the wire. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly approvalLimits: ApprovalLimits;
  /** Who approves, and on whose behalf. */
  readonly signing: Approvers;
  readonly sourcing: SourcingConfiguration;
  /** SHA-256 of a key, hex -> whom it speaks for. */
  readonly callers: ReadonlyMap<string, KeyHolder>;
  /** Key ids that still hold; a key revoked after authentication is noticed here, under the lock. */
  readonly keyIds: ReadonlySet<string>;
  readonly suppliers: SupplierIndex;
  readonly exchange: Exchange;
  /** Regions an operator defined, for jurisdictionChain. */
  readonly regions: Regions;
  /** Whose requests are held for review. */
  readonly velocityReviews: VelocityReviews;
}

export interface KeyHolder {
  readonly caller: Caller;
  readonly expiresAtMs: number | null;
}

/** `suppliers`: the index that was loaded before, which is kept where no supplier has changed. */
export function compileConfiguration(rows: ConfigurationRows, suppliers: SupplierIndex): Configuration {
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
    costCenterAncestors: ancestorsOf(rows.costCenters),
    programmes: new Map(rows.projects.map((row) => [row.project_id, row.programme_id])),
    agents: new Map(rows.agents.map((row) => [row.agent_id, agentOf(row, defaultEntity.entity_id)])),
    policies,
    authorityMatrices: rows.authorityMatrices.map(matrixOf),
    approvers: approversOf(rows),
    standingPolicies: [...policies.values()].filter(
      ({ appliesTo }) => appliesTo.organisation || appliesTo.agents.length > 0 || appliesTo.teams.length > 0,
    ),
    budgetsByDimension: groupByDimension(budgets),
    budgets: new Map(budgets.map((budget) => [budget.budgetId, budget])),
    settings: rows.settings,
    approvalLimits: approvalLimits(approvalSettings(rows.settings)),
    signing: compileApprovers(rows.principals, rows.delegations),
    sourcing: compileSourcing(rows.sourcing, rows.waivers),
    callers: callersOf(rows),
    keyIds: keyIdsOf(rows),
    suppliers: changedIndex(suppliers, rows.changedSuppliers),
    exchange: compileExchange(rows),
    regions: regionsOf(rows),
    velocityReviews: reviewsOf(rows),
  };
}

function compiled(document: unknown, version: number): CompiledPolicy {
  const parsed = parsePolicy(document, version);
  if (!parsed.ok) throw new Error(`a stored policy does not parse: ${parsed.faults[0]?.message ?? ''}`);
  return parsed.policy;
}

function regionsOf({ jurisdictions: [newest] }: ConfigurationRows): Regions {
  if (newest === undefined) return NO_REGIONS;
  const { regions } = newest.document as { regions: Region[] }; // as admin/jurisdictions stored it
  return compileRegions(regions);
}

function matrixOf(row: ConfigurationRows['authorityMatrices'][number]): AuthorityMatrix {
  const { version, effective_from: effectiveFrom, document } = row;
  const parsed = parseAuthorityMatrix(document, { version, effectiveFromMs: effectiveFrom.getTime() });
  if (!parsed.ok) throw new Error(`a stored matrix does not parse: ${parsed.faults[0]?.message ?? ''}`);
  return parsed.matrix;
}

function changedIndex(former: SupplierIndex, rows: readonly SupplierRow[]): SupplierIndex {
  if (rows.length === 0) return former;
  let revision = former.revision;
  const changed = rows.map((row) => {
    if (row.entry_id > revision) revision = row.entry_id;
    return supplierOfDocument(row.supplier_id, row.version, row.document as SupplierDocument); // as admin/suppliers stored it
  });
  return former.with(changed, revision);
}

function approversOf(rows: ConfigurationRows): Map<string, string | null> {
  return new Map(
    rows.principals
      .filter((row) => row.status === 'active' && row.roles.includes('approver'))
      .map((row) => [row.principal_id, row.email]),
  );
}

function reviewsOf(rows: ConfigurationRows): VelocityReviews {
  return new Map(
    rows.velocityReviews.map((row) => [
      reviewKey(row.subject_type, row.subject_id),
      {
        reviewId: row.review_id,
        alertId: row.alert_id,
        subjectType: row.subject_type,
        subjectId: row.subject_id,
        sinceMs: row.created_at.getTime(),
      },
    ]),
  );
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
    role: row.role,
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
    carryOver: carryOverOf(row.carry_over),
    freshnessMs: row.allocation === null ? null : row.allocation.freshness_seconds * 1000,
  };
}

function ancestorsOf(rows: ConfigurationRows['costCenters']): Map<string, readonly string[]> {
  const parents = new Map(rows.map((row) => [row.cost_center_id, row.parent_id]));
  const ancestors = new Map<string, readonly string[]>();
  for (const [id, parent] of parents) {
    const line: string[] = [];
    for (let above = parent; above !== null; above = parents.get(above) ?? null) {
      if (above === id || line.includes(above)) throw new Error(`the cost centre ${id} is part of itself`);
      line.push(above);
    }
    if (line.length > 0) ancestors.set(id, line);
  }
  return ancestors;
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

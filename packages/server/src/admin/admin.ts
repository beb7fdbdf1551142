// admin/admin.ts: the control plane, put together: one group of functions for each resource.
// Every function that changes something takes who asks for it; whether they may is decided before, by role.
import { type Agents, createAgents } from './agents.ts';
import { type Alerts, createAlerts } from './alerts.ts';
import type { AdminContext } from './apply-change.ts';
import { type AuthorityMatrices, createAuthorityMatrices } from './authority-matrix.ts';
import { type BudgetSnapshots, createBudgetSnapshots } from './budget-snapshots.ts';
import { type BudgetTransfers, createBudgetTransfers } from './budget-transfers.ts';
import { type BudgetOutlooks, createBudgetOutlooks } from './budget-outlook.ts';
import { type Budgets, createBudgets } from './budgets.ts';
import { type Changes, createChanges } from './changes.ts';
import { type CostCenters, createCostCenters } from './cost-centers.ts';
import { type Delegations, createDelegations } from './delegations.ts';
import { type Entities, createEntities } from './entities.ts';
import { type ExchangeRates, createExchangeRates } from './exchange-rates.ts';
import { type Jurisdictions, createJurisdictions } from './jurisdictions.ts';
import { type Keys, createKeys } from './keys.ts';
import { createLegalHolds, type LegalHolds } from './legal-holds.ts';
import { type Policies, createPolicies } from './policies.ts';
import { type Principals, createPrincipals } from './principals.ts';
import { type Projects, createProjects } from './projects.ts';
import { createRetention, type Retention } from './retention.ts';
import { createSettings, type Settings } from './settings.ts';
import { type Velocity, createVelocity } from './velocity.ts';
import { createSuppliers, type Suppliers } from './suppliers.ts';
import { type Sourcing, createSourcing } from './sourcing.ts';
import { type Waivers, createWaivers } from './waivers.ts';
import { type WebhookEndpoints, type WebhookSettings, createWebhookEndpoints } from './webhook-endpoints.ts';

export interface Admin {
  readonly agents: Agents;
  readonly keys: Keys;
  readonly principals: Principals;
  readonly delegations: Delegations;
  readonly entities: Entities;
  readonly costCenters: CostCenters;
  readonly changes: Changes;
  readonly settings: Settings;
  readonly legalHolds: LegalHolds;
  readonly retention: Retention;
  readonly policies: Policies;
  readonly authorityMatrices: AuthorityMatrices;
  readonly suppliers: Suppliers;
  readonly budgets: Budgets;
  readonly sourcing: Sourcing;
  readonly waivers: Waivers;
  readonly budgetTransfers: BudgetTransfers;
  readonly budgetSnapshots: BudgetSnapshots;
  readonly projects: Projects;
  readonly webhookEndpoints: WebhookEndpoints;
  readonly exchangeRates: ExchangeRates;
  readonly jurisdictions: Jurisdictions;
  readonly budgetOutlooks: BudgetOutlooks;
  readonly alerts: Alerts;
  readonly velocity: Velocity;
}

/** The installation must have been made before; see ensureInstallation. */
export function createAdmin(context: AdminContext & WebhookSettings): Admin {
  return {
    agents: createAgents(context),
    keys: createKeys(context),
    principals: createPrincipals(context),
    delegations: createDelegations(context),
    entities: createEntities(context),
    costCenters: createCostCenters(context),
    changes: createChanges(context),
    settings: createSettings(context),
    legalHolds: createLegalHolds(context),
    retention: createRetention(context),
    policies: createPolicies(context),
    authorityMatrices: createAuthorityMatrices(context),
    suppliers: createSuppliers(context),
    budgets: createBudgets(context),
    sourcing: createSourcing(context),
    waivers: createWaivers(context),
    budgetTransfers: createBudgetTransfers(context),
    budgetSnapshots: createBudgetSnapshots(context),
    projects: createProjects(context),
    webhookEndpoints: createWebhookEndpoints(context),
    exchangeRates: createExchangeRates(context),
    jurisdictions: createJurisdictions(context),
    budgetOutlooks: createBudgetOutlooks(context),
    alerts: createAlerts(context),
    velocity: createVelocity(context),
  };
}

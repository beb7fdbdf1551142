// admin/admin.ts: the control plane, put together: one group of functions for each resource.
// Every function that changes something takes who asks for it; whether they may is decided before, by role.
import { type Agents, createAgents } from './agents.ts';
import type { AdminContext } from './apply-change.ts';
import { type Budgets, createBudgets } from './budgets.ts';
import { type CostCenters, createCostCenters } from './cost-centers.ts';
import { type Entities, createEntities } from './entities.ts';
import { type Keys, createKeys } from './keys.ts';
import { type Policies, createPolicies } from './policies.ts';
import { type Principals, createPrincipals } from './principals.ts';
import { type WebhookEndpoints, type WebhookSettings, createWebhookEndpoints } from './webhook-endpoints.ts';

export interface Admin {
  readonly agents: Agents;
  readonly keys: Keys;
  readonly principals: Principals;
  readonly entities: Entities;
  readonly costCenters: CostCenters;
  readonly policies: Policies;
  readonly budgets: Budgets;
  readonly webhookEndpoints: WebhookEndpoints;
}

/** The installation must have been made before; see ensureInstallation. */
export function createAdmin(context: AdminContext & WebhookSettings): Admin {
  return {
    agents: createAgents(context),
    keys: createKeys(context),
    principals: createPrincipals(context),
    entities: createEntities(context),
    costCenters: createCostCenters(context),
    policies: createPolicies(context),
    budgets: createBudgets(context),
    webhookEndpoints: createWebhookEndpoints(context),
  };
}

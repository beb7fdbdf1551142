// http/routes.ts: every resource's routes. An operation of the contract that is not served here fails a test.
import type { FastifyInstance } from 'fastify';

import type { HttpContext } from './context.ts';
import { registerAgents } from './resources/agents.ts';
import { registerAlerts } from './resources/alerts.ts';
import { registerApprovals } from './resources/approvals.ts';
import { registerAuthorityMatrix } from './resources/authority-matrix.ts';
import { registerBudgetOutlook } from './resources/budget-outlook.ts';
import { registerBudgets } from './resources/budgets.ts';
import { registerCards } from './resources/cards.ts';
import { registerChecks } from './resources/checks.ts';
import { registerChanges } from './resources/changes.ts';
import { registerDelegations } from './resources/delegations.ts';
import { registerEntities } from './resources/entities.ts';
import { registerEvents } from './resources/events.ts';
import { registerExchangeRates } from './resources/exchange-rates.ts';
import { registerKeys } from './resources/keys.ts';
import { registerPolicies } from './resources/policies.ts';
import { registerPrincipals } from './resources/principals.ts';
import { registerProjects } from './resources/projects.ts';
import { registerPurchaseRequests } from './resources/purchase-requests.ts';
import { registerRecord } from './resources/record.ts';
import { registerRetention } from './resources/retention.ts';
import { registerSandbox } from './resources/sandbox.ts';
import { registerSettings } from './resources/settings.ts';
import { registerSuppliers } from './resources/suppliers.ts';
import { registerSourcing } from './resources/sourcing.ts';
import { registerSystem } from './resources/system.ts';
import { registerVelocity } from './resources/velocity.ts';
import { registerWebhookEndpoints } from './resources/webhook-endpoints.ts';

/** `closing` aborts when the server begins to close: long polls and streams end then. */
export function registerRoutes(app: FastifyInstance, context: HttpContext, closing: AbortSignal): void {
  registerPurchaseRequests(app, context, closing);
  registerApprovals(app, context);
  registerDelegations(app, context);
  registerCards(app, context);
  registerSandbox(app, context);
  registerChecks(app, context);
  registerAgents(app, context);
  registerPrincipals(app, context);
  registerKeys(app, context);
  registerEntities(app, context);
  registerPolicies(app, context);
  registerSuppliers(app, context);
  registerAuthorityMatrix(app, context);
  registerBudgets(app, context);
  registerBudgetOutlook(app, context);
  registerSourcing(app, context);
  registerProjects(app, context);
  registerChanges(app, context);
  registerSettings(app, context);
  registerRetention(app, context);
  registerWebhookEndpoints(app, context);
  registerExchangeRates(app, context);
  registerAlerts(app, context);
  registerVelocity(app, context);
  registerRecord(app, context);
  registerEvents(app, context, closing);
  registerSystem(app, context, closing);
}

// http/routes.ts: every resource's routes. An operation of the contract that is not served here fails a test.
import type { FastifyInstance } from 'fastify';

import type { HttpContext } from './context.ts';
import { registerAgents } from './resources/agents.ts';
import { registerApprovals } from './resources/approvals.ts';
import { registerBudgets } from './resources/budgets.ts';
import { registerCards } from './resources/cards.ts';
import { registerChecks } from './resources/checks.ts';
import { registerEntities } from './resources/entities.ts';
import { registerEvents } from './resources/events.ts';
import { registerKeys } from './resources/keys.ts';
import { registerPolicies } from './resources/policies.ts';
import { registerPrincipals } from './resources/principals.ts';
import { registerPurchaseRequests } from './resources/purchase-requests.ts';
import { registerRecord } from './resources/record.ts';
import { registerSandbox } from './resources/sandbox.ts';
import { registerSystem } from './resources/system.ts';
import { registerWebhookEndpoints } from './resources/webhook-endpoints.ts';

/** `closing` aborts when the server begins to close: long polls and streams end then. */
export function registerRoutes(app: FastifyInstance, context: HttpContext, closing: AbortSignal): void {
  registerPurchaseRequests(app, context, closing);
  registerApprovals(app, context);
  registerCards(app, context);
  registerSandbox(app, context);
  registerChecks(app, context);
  registerAgents(app, context);
  registerPrincipals(app, context);
  registerKeys(app, context);
  registerEntities(app, context);
  registerPolicies(app, context);
  registerBudgets(app, context);
  registerWebhookEndpoints(app, context);
  registerRecord(app, context);
  registerEvents(app, context, closing);
  registerSystem(app, context, closing);
}

// operations.ts: every operation of the API, by its id. What is not here is not served.
import type { OperationShape } from './operation.ts';
import { agentOperations } from './resources/agents.ts';
import { approvalOperations } from './resources/approvals.ts';
import { budgetOperations } from './resources/budgets.ts';
import { cardOperations } from './resources/cards.ts';
import { checkOperations } from './resources/checks.ts';
import { entityOperations } from './resources/entities.ts';
import { eventOperations } from './resources/events.ts';
import { keyOperations } from './resources/keys.ts';
import { policyOperations } from './resources/policies.ts';
import { principalOperations } from './resources/principals.ts';
import { purchaseRequestOperations } from './resources/purchase-requests.ts';
import { recordOperations } from './resources/record.ts';
import { sandboxOperations } from './resources/sandbox.ts';
import { systemOperations } from './resources/system.ts';
import { webhookOperations } from './resources/webhooks.ts';

export const operations = {
  ...purchaseRequestOperations,
  ...approvalOperations,
  ...cardOperations,
  ...checkOperations,
  ...budgetOperations,
  ...policyOperations,
  ...agentOperations,
  ...principalOperations,
  ...keyOperations,
  ...entityOperations,
  ...webhookOperations,
  ...eventOperations,
  ...recordOperations,
  ...sandboxOperations,
  ...systemOperations,
};

export function listOperations(): readonly OperationShape[] {
  return Object.values(operations);
}

// operations.ts: every operation of the API, by its id. What is not here is not served.
import type { OperationShape } from './operation.ts';
import { agentOperations } from './resources/agents.ts';
import { alertOperations } from './resources/alerts.ts';
import { approvalOperations } from './resources/approvals.ts';
import { authorityMatrixOperations } from './resources/authority-matrix.ts';
import { budgetOutlookOperations } from './resources/budget-outlook.ts';
import { budgetOperations } from './resources/budgets.ts';
import { cardOperations } from './resources/cards.ts';
import { checkOperations } from './resources/checks.ts';
import { changeOperations } from './resources/changes.ts';
import { delegationOperations } from './resources/delegations.ts';
import { entityOperations } from './resources/entities.ts';
import { eventOperations } from './resources/events.ts';
import { exchangeRateOperations } from './resources/exchange-rates.ts';
import { keyOperations } from './resources/keys.ts';
import { policyOperations } from './resources/policies.ts';
import { principalOperations } from './resources/principals.ts';
import { projectOperations } from './resources/projects.ts';
import { purchaseRequestOperations } from './resources/purchase-requests.ts';
import { recordOperations } from './resources/record.ts';
import { retentionOperations } from './resources/retention.ts';
import { sandboxOperations } from './resources/sandbox.ts';
import { settingOperations } from './resources/settings.ts';
import { supplierOperations } from './resources/suppliers.ts';
import { sourcingPolicyOperations } from './resources/sourcing-policies.ts';
import { sourcingRecordOperations } from './resources/sourcing-records.ts';
import { systemOperations } from './resources/system.ts';
import { velocityOperations } from './resources/velocity.ts';
import { webhookOperations } from './resources/webhooks.ts';

export const operations = {
  ...purchaseRequestOperations,
  ...approvalOperations,
  ...delegationOperations,
  ...cardOperations,
  ...checkOperations,
  ...budgetOperations,
  ...budgetOutlookOperations,
  ...sourcingPolicyOperations,
  ...sourcingRecordOperations,
  ...projectOperations,
  ...policyOperations,
  ...supplierOperations,
  ...authorityMatrixOperations,
  ...exchangeRateOperations,
  ...agentOperations,
  ...principalOperations,
  ...keyOperations,
  ...entityOperations,
  ...changeOperations,
  ...settingOperations,
  ...retentionOperations,
  ...webhookOperations,
  ...alertOperations,
  ...velocityOperations,
  ...eventOperations,
  ...recordOperations,
  ...sandboxOperations,
  ...systemOperations,
};

export function listOperations(): readonly OperationShape[] {
  return Object.values(operations);
}

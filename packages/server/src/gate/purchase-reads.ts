// gate/purchase-reads.ts: reads of purchases, approvals, cards, receipts and checks as they stand, for whoever shows them.
// Reads only, outside every lock: nothing may be decided by what is found here.
import type { Pool } from 'pg';

import { queryRows } from '../db/query-rows.ts';
import { requestIdOfCard } from '../ids.ts';
import { type FoundAuthorizationRow, findAuthorization } from '../ledger/find-authorization.ts';
import { type FoundPolicyRow, findPolicyVersion } from '../ledger/find-policy-version.ts';
import {
  type ApprovalViewFilter,
  type ApprovalViewRow,
  readApprovalViews,
} from '../ledger/read-approval-views.ts';
import { type CardViewRow, readCardView } from '../ledger/read-card-view.ts';
import { type CheckViewRow, readCheck } from '../ledger/read-check.ts';
import {
  type PurchaseViewFilter,
  type PurchaseViewRow,
  readPurchaseViews,
} from '../ledger/read-purchase-views.ts';

import {
  type ReadAuthorizationsRow as AuthorizationRow,
  readAuthorizations,
} from '../ledger/read-authorizations.ts';
import { type ReceiptViewRow, readReceipts } from '../ledger/read-receipts.ts';
import { type ViolationEntryRow, type ViolationFilter, readViolations } from '../ledger/read-violations.ts';

export type {
  ApprovalViewRow,
  AuthorizationRow,
  CardViewRow,
  CheckViewRow,
  FoundAuthorizationRow,
  PurchaseViewRow,
  ReceiptViewRow,
  ViolationEntryRow,
  ViolationFilter,
};

export async function findPurchaseView(pool: Pool, requestId: string): Promise<PurchaseViewRow | undefined> {
  const [row] = await queryRows<PurchaseViewRow>(pool, readPurchaseViews({ requestId, limit: 1 }));
  return row;
}

export async function listPurchaseViews(pool: Pool, filter: PurchaseViewFilter): Promise<PurchaseViewRow[]> {
  return queryRows<PurchaseViewRow>(pool, readPurchaseViews(filter));
}

export async function listApprovalViews(pool: Pool, filter: ApprovalViewFilter): Promise<ApprovalViewRow[]> {
  return queryRows<ApprovalViewRow>(pool, readApprovalViews(filter));
}

export async function findCardView(
  pool: Pool,
  cardId: string,
): Promise<{ readonly card: CardViewRow; readonly authorizations: readonly AuthorizationRow[] } | undefined> {
  const [[card], authorizations] = await Promise.all([
    queryRows<CardViewRow>(pool, readCardView(cardId, requestIdOfCard(cardId))),
    queryRows<AuthorizationRow>(pool, readAuthorizations([cardId])),
  ]);
  return card === undefined ? undefined : { card, authorizations };
}

export async function findAuthorizationRow(
  pool: Pool,
  authorizationId: string,
): Promise<FoundAuthorizationRow | undefined> {
  const [row] = await queryRows<FoundAuthorizationRow>(pool, findAuthorization(authorizationId));
  return row;
}

export async function listReceipts(pool: Pool, requestId: string): Promise<ReceiptViewRow[]> {
  return queryRows<ReceiptViewRow>(pool, readReceipts(requestId));
}

export async function findCheckView(pool: Pool, checkId: string): Promise<CheckViewRow | undefined> {
  const [row] = await queryRows<CheckViewRow>(pool, readCheck(checkId));
  return row;
}

export async function listViolationEntries(
  pool: Pool,
  filter: ViolationFilter,
): Promise<ViolationEntryRow[]> {
  return queryRows<ViolationEntryRow>(pool, readViolations(filter));
}

/** What a rule says of itself in one version of its policy; null where it says nothing. */
export async function findRuleDescription(
  pool: Pool,
  rule: { readonly policyId: string; readonly version: number; readonly ruleId: string },
): Promise<string | null> {
  const [row] = await queryRows<FoundPolicyRow>(
    pool,
    findPolicyVersion({ policyId: rule.policyId, version: rule.version }),
  );
  const document = row?.document as { rules?: { rule_id?: string; description?: string }[] } | undefined; // as accepted
  return document?.rules?.find((each) => each.rule_id === rule.ruleId)?.description ?? null;
}

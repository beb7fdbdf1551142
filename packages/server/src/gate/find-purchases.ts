// gate/find-purchases.ts: what must be known of existing purchases before their locks can be taken in order. Read
// unlocked: what never changes is kept, what can change is checked again under the lock.
import type { Action } from '@countersign/core';
import type { Pool } from 'pg';

import type { Statement } from '../db/statement.ts';
import { requestIdOfCard } from '../ids.ts';
import { findCardsOfAuthorizations } from '../ledger/find-cards-of-authorizations.ts';
import { type FindPurchaseKeysRow, findPurchaseKeys } from '../ledger/find-purchase-keys.ts';
import { findRequestsOfApprovals } from '../ledger/find-requests-of-approvals.ts';
import type { GateCommand, GateRequest } from './command.ts';
import { type Body, actionOfTerms } from './entry-body.ts';
import { type RelatedKeys, relatedKeysOfTexts } from './related-keys.ts';

export interface FoundPurchase {
  readonly requestId: string;
  readonly action: Action;
  readonly terms: Body;
  readonly reservedPeriods: readonly bigint[];
  readonly related: RelatedKeys;
}

/** Looks up the purchases of a batch's steps; the function returned answers by command, null where there is none. */
export async function findPurchases(
  batch: readonly GateRequest[],
  pool: Pool,
): Promise<(command: GateCommand) => FoundPurchase | null> {
  const commands = batch.map((request) => request.command);
  const approvalIds = commands.flatMap((command) => ('approvalId' in command ? [command.approvalId] : []));
  const authorizationIds = commands.flatMap((command) =>
    'authorizationId' in command ? [command.authorizationId] : [],
  );
  const [approvals, authorizations] = await Promise.all([
    rowsOf<{ id: string; request_id: string }>(pool, approvalIds, findRequestsOfApprovals),
    rowsOf<{ id: string; card_id: string }>(pool, authorizationIds, findCardsOfAuthorizations),
  ]);
  const requestOfApproval = new Map(approvals.map((row) => [row.id, row.request_id]));
  const requestOfAuthorization = new Map(authorizations.map((row) => [row.id, requestIdOfCard(row.card_id)]));
  const requestIdOf = (command: GateCommand): string | null => {
    if ('approvalId' in command) return requestOfApproval.get(command.approvalId) ?? null;
    if ('authorizationId' in command) return requestOfAuthorization.get(command.authorizationId) ?? null;
    if ('cardId' in command) return requestIdOfCard(command.cardId);
    return 'requestId' in command ? command.requestId : null;
  };
  const requestIds = [...new Set(commands.flatMap((command) => requestIdOf(command) ?? []))];
  const rows = await rowsOf<FindPurchaseKeysRow>(pool, requestIds, findPurchaseKeys);
  const found = new Map(rows.map((row) => [row.request_id, foundOf(row)]));
  return (command) => {
    const requestId = requestIdOf(command);
    return requestId === null ? null : (found.get(requestId) ?? null);
  };
}

function foundOf(row: FindPurchaseKeysRow): FoundPurchase {
  const { related, terms } = JSON.parse(row.decision_body.toString('utf8')) as {
    related?: readonly string[];
    terms: Body;
  }; // the gate's own entry
  return {
    requestId: row.request_id,
    action: actionOfTerms('purchase', terms),
    terms,
    reservedPeriods: row.reserved_periods,
    related: relatedKeysOfTexts(related ?? [], row.related_day),
  };
}

async function rowsOf<R>(
  pool: Pool,
  ids: readonly string[],
  statement: (ids: readonly string[]) => Statement,
): Promise<R[]> {
  if (ids.length === 0) return [];
  const result = await pool.query(statement(ids));
  return result.rows as R[];
}

// admin/erase-on-request.ts: erases the text of purchases, or the name and address of a person who has left, because somebody
// asked for it. All or nothing: one that may not be erased refuses the rest.
import { eraseChangeResponsesOf } from '../ledger/erase-change-responses.ts';
import { eraseChanges } from '../ledger/erase-changes.ts';
import { eraseConfigurationTextsOf } from '../ledger/erase-configuration-texts.ts';
import { erasePrincipal } from '../ledger/erase-principal.ts';
import { findPrincipal } from '../ledger/find-principal.ts';
import { findPurchaseOwners } from '../ledger/find-purchase-owners.ts';
import type { RetainedPurchaseRow } from '../ledger/find-retained-purchases.ts';
import type { ConfigurationChangeRow } from '../ledger/insert-configuration-change.ts';
import type { StoredPrincipalRow } from '../ledger/insert-principal.ts';
import { listConfigurationChanges } from '../ledger/list-configuration-changes.ts';
import { AdminError, invalid, notFound, unknownReference } from './admin-error.ts';
import {
  type Actor,
  type AdminContext,
  applyChange,
  type ChangeOptions,
  type ChangeStep,
  firstRow,
} from './apply-change.ts';
import { checkedReason } from './checked-input.ts';
import { erasePurchases, recordErasure } from './erase-texts.ts';
import { holdsPurchase, holdsSubject } from './legal-hold-scope.ts';
import { activeHolds, scopeOf } from './legal-holds.ts';
import { isEnded } from './retention-time.ts';

export interface EraseRequest {
  readonly requestIds?: readonly string[] | undefined;
  readonly principalId?: string | undefined;
  readonly reason: string;
}

export interface Erasure {
  readonly erasureId: string;
  readonly kind: 'purchase' | 'principal';
  readonly subjectIds: readonly string[];
  readonly erasedAt: string;
}

/** Stands where the name of a person was. */
const ERASED_NAME = '(erased)';
/** More changes of one person than anybody makes. */
const CHANGES_MAX = 10_000;

export function eraseOnRequest(
  context: AdminContext,
  actor: Actor,
  { requestIds, principalId, reason: given }: EraseRequest,
  options: ChangeOptions | undefined,
): Promise<Erasure> {
  const reason = checkedReason('/reason', given);
  if ((requestIds === undefined) === (principalId === undefined)) {
    throw invalid('/request_ids', 'name either `request_ids` or a `principal_id`', 'invalid');
  }
  return applyChange(context, { actor, operation: 'retention.erase', options }, async (step) => {
    const kind = principalId === undefined ? 'purchase' : 'principal';
    const subjectIds = principalId === undefined ? [...new Set(requestIds)].sort() : [principalId];
    if (principalId === undefined) await eraseRequests(step, subjectIds);
    else await erasePerson(step, principalId);
    const erasureId = await recordErasure(step, { kind, cause: 'request', subjectIds, reason });
    return { erasureId, kind, subjectIds, erasedAt: step.at.toISOString() };
  });
}

async function eraseRequests(step: ChangeStep, requestIds: readonly string[]): Promise<void> {
  const { rows } = await step.tx.query<RetainedPurchaseRow>(findPurchaseOwners(requestIds));
  const missing = requestIds.find((id) => !rows.some((row) => row.request_id === id));
  if (missing !== undefined) throw unknownReference('/request_ids', 'request', missing);
  const holds = await activeHolds(step);
  for (const row of rows) {
    const hold = holds.find((candidate) => holdsPurchase(scopeOf(candidate), row));
    if (hold !== undefined) throw heldBy(hold.hold_id, row.request_id);
  }
  const open = rows.find((row) => !isEnded(row));
  if (open !== undefined) {
    throw new AdminError('conflict', `\`${open.request_id}\` has not ended: its text is still needed`);
  }
  await erasePurchases(step, requestIds);
}

async function erasePerson(step: ChangeStep, principalId: string): Promise<void> {
  const row = await firstRow<StoredPrincipalRow>(step.tx, findPrincipal(principalId));
  if (row === null) throw notFound('principal', principalId);
  if (row.status !== 'disabled') {
    throw new AdminError('conflict', `\`${principalId}\` is active: disable it first`);
  }
  const hold = (await activeHolds(step)).find((candidate) => holdsSubject(scopeOf(candidate), principalId));
  if (hold !== undefined) throw heldBy(hold.hold_id, principalId);
  await step.tx.query(erasePrincipal(principalId, ERASED_NAME));
  await step.tx.query(eraseConfigurationTextsOf(principalId, 'principal'));
  await step.tx.query(eraseChangeResponsesOf(principalId));
  const filter = { after: '', limit: CHANGES_MAX, status: null, operation: null, authorId: null };
  const { rows } = await step.tx.query<ConfigurationChangeRow>(
    listConfigurationChanges({ ...filter, subjectId: principalId }),
  );
  const ended = rows.filter(({ reviewed_at: reviewedAt }) => reviewedAt !== null);
  await step.tx.query(eraseChanges(ended.map(({ change_id: changeId }) => changeId)));
}

function heldBy(holdId: string, subjectId: string): AdminError {
  return new AdminError('legal_hold', `the legal hold \`${holdId}\` keeps the text of \`${subjectId}\``);
}

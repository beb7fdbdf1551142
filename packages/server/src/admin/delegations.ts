// admin/delegations.ts: whose signature another approver may give, between two instants. It lapses by itself (AG-010) and
// cannot be passed on. Clauses: AG-642 4.1, 4.5.
import { findDelegation } from '../ledger/find-delegation.ts';
import { findPrincipal } from '../ledger/find-principal.ts';
import { insertDelegation, type StoredDelegationRow } from '../ledger/insert-delegation.ts';
import type { StoredPrincipalRow } from '../ledger/insert-principal.ts';
import { listDelegations } from '../ledger/list-delegations.ts';
import { revokeDelegation } from '../ledger/revoke-delegation.ts';
import { newId } from '../ids.ts';
import { AdminError, invalid, notFound, unknownReference } from './admin-error.ts';
import {
  type Actor,
  type AdminContext,
  applyChange,
  type ChangeOptions,
  type ChangeStep,
  firstRow,
  readRows,
} from './apply-change.ts';
import { checkedInstant, checkedReason } from './checked-input.ts';
import { type Page, type PageQuery, pageOf, pageWindow } from './page.ts';
import { personal, type Snapshot } from './personal-text.ts';

export interface DelegationInput {
  readonly principalId: string;
  readonly delegateId: string;
  /** RFC 3339, `[from, until)`. */
  readonly from: string;
  readonly until: string;
  readonly reason?: string | null | undefined;
}

export interface DelegationView {
  readonly delegationId: string;
  readonly approverId: string;
  readonly delegateId: string;
  readonly from: string;
  readonly until: string;
  readonly reason: string | null;
  readonly revokedAt: string | null;
  readonly createdAt: string;
}

export interface Delegations {
  create(actor: Actor, input: DelegationInput, options?: ChangeOptions): Promise<DelegationView>;
  revoke(
    actor: Actor,
    which: { readonly principalId: string; readonly delegationId: string },
    options?: ChangeOptions,
  ): Promise<DelegationView>;
  list(principalId: string, query?: PageQuery): Promise<Page<DelegationView>>;
}

export function createDelegations(context: AdminContext): Delegations {
  return {
    create: (actor, input, options) => create(context, actor, input, options),
    revoke: (actor, which, options) => revoke(context, actor, which, options),
    async list(principalId, query = {}) {
      const [principal] = await readRows<StoredPrincipalRow>(context.pool, findPrincipal(principalId));
      if (principal?.roles.includes('approver') !== true) throw notFound('approver', principalId);
      const window = pageWindow(query);
      const rows = await readRows<StoredDelegationRow>(
        context.pool,
        listDelegations({ ...window, principalId }),
      );
      return pageOf(rows, window, (row) => row.delegation_id, viewOf);
    },
  };
}

async function create(
  context: AdminContext,
  actor: Actor,
  input: DelegationInput,
  options: ChangeOptions | undefined,
): Promise<DelegationView> {
  const { principalId, delegateId } = input;
  const startsAt = checkedInstant('/from', input.from);
  const endsAt = checkedInstant('/until', input.until);
  if (startsAt >= endsAt) throw invalid('/until', 'it must end after it begins', 'empty_period');
  const reason = input.reason == null ? null : checkedReason('/reason', input.reason);
  if (principalId === delegateId) {
    throw invalid('/delegate_id', 'nobody can delegate to themselves', 'self_delegation');
  }
  const operation = `delegations.create/${principalId}`;
  return applyChange(context, { actor, operation, options }, async (step) => {
    if (endsAt <= step.at) throw invalid('/until', 'it lies in the past', 'in_the_past');
    const principal = await firstRow<StoredPrincipalRow>(step.tx, findPrincipal(principalId));
    if (principal?.roles.includes('approver') !== true) throw notFound('approver', principalId);
    if (principal.status !== 'active') throw new AdminError('conflict', `\`${principalId}\` is disabled`);
    await refuseUnfitDelegate(step, delegateId);
    const row: StoredDelegationRow = {
      delegation_id: newId('dlg'),
      principal_id: principalId,
      delegate_id: delegateId,
      starts_at: startsAt,
      ends_at: endsAt,
      reason,
      revoked_at: null,
      created_at: step.at,
      entry_id: step.entryId,
    };
    await step.tx.query(insertDelegation(row));
    await step.record({
      type: 'delegation.created',
      subjectId: row.delegation_id,
      before: null,
      after: snapshotOf(row),
    });
    return viewOf(row);
  });
}

async function refuseUnfitDelegate(step: ChangeStep, delegateId: string): Promise<void> {
  const delegate = await firstRow<StoredPrincipalRow>(step.tx, findPrincipal(delegateId));
  if (delegate === null) throw unknownReference('/delegate_id', 'principal', delegateId);
  if (delegate.status === 'active' && delegate.roles.includes('approver')) return;
  throw invalid('/delegate_id', `\`${delegateId}\` is not an active approver`, 'not_an_approver');
}

async function revoke(
  context: AdminContext,
  actor: Actor,
  { principalId, delegationId }: { readonly principalId: string; readonly delegationId: string },
  options: ChangeOptions | undefined,
): Promise<DelegationView> {
  const operation = `delegations.revoke/${delegationId}`;
  return applyChange(context, { actor, operation, options }, async (step) => {
    const before = await firstRow<StoredDelegationRow>(step.tx, findDelegation(delegationId));
    if (before?.principal_id !== principalId) throw notFound('delegation', delegationId);
    if (before.revoked_at !== null) return viewOf(before);
    const row = { ...before, revoked_at: step.at, entry_id: step.entryId };
    await step.tx.query(revokeDelegation(row));
    const [former, latter] = [snapshotOf(before), snapshotOf(row)];
    await step.record({
      type: 'delegation.revoked',
      subjectId: delegationId,
      before: former,
      after: latter,
    });
    return viewOf(row);
  });
}

function snapshotOf(row: StoredDelegationRow): Snapshot {
  return {
    delegate_id: row.delegate_id,
    from: row.starts_at.toISOString(),
    principal_id: row.principal_id,
    reason: personal(row.reason),
    revoked_at: row.revoked_at?.toISOString() ?? null,
    until: row.ends_at.toISOString(),
  };
}

function viewOf(row: StoredDelegationRow): DelegationView {
  return {
    delegationId: row.delegation_id,
    approverId: row.principal_id,
    delegateId: row.delegate_id,
    from: row.starts_at.toISOString(),
    until: row.ends_at.toISOString(),
    reason: row.reason,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
  };
}

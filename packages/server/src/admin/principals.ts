// admin/principals.ts: people and services with roles: operators, approvers, budget owners, auditors.
// INVARIANT: one person, one principal. Separation of duties compares principals, so an e-mail address belongs to one.
import { countActiveOperators } from '../ledger/count-active-operators.ts';
import { findAgent } from '../ledger/find-agent.ts';
import { findPrincipal } from '../ledger/find-principal.ts';
import { findPrincipalByEmail } from '../ledger/find-principal-by-email.ts';
import { insertPrincipal, type StoredPrincipalRow } from '../ledger/insert-principal.ts';
import { listPrincipals } from '../ledger/list-principals.ts';
import { updatePrincipal } from '../ledger/update-principal.ts';
import type { Role } from '../record/caller.ts';
import { AdminError, alreadyExists, invalid, notFound } from './admin-error.ts';
import {
  type Actor,
  type AdminContext,
  applyChange,
  type ChangeOptions,
  type ChangeStep,
  firstRow,
  readRows,
} from './apply-change.ts';
import { checkedEmail, checkedId, checkedName, checkedReason } from './checked-input.ts';
import { type Page, type PageQuery, pageOf, pageWindow } from './page.ts';
import { personal, type Snapshot } from './personal-text.ts';

const ROLES: readonly Role[] = ['operator', 'approver', 'budget_owner', 'auditor'];

export interface PrincipalInput {
  readonly principalId: string;
  readonly kind?: 'human' | 'service' | undefined;
  readonly name: string;
  readonly email?: string | null | undefined;
  readonly roles: readonly Role[];
}

export interface PrincipalView {
  readonly principalId: string;
  readonly kind: 'human' | 'service';
  readonly name: string;
  readonly email: string | null;
  readonly roles: readonly Role[];
  readonly status: 'active' | 'disabled';
  readonly createdAt: string;
}

export interface PrincipalQuery extends PageQuery {
  readonly role?: Role | undefined;
  readonly status?: 'active' | 'disabled' | undefined;
}

export interface Principals {
  create(actor: Actor, input: PrincipalInput, options?: ChangeOptions): Promise<PrincipalView>;
  /** How an existing operator becomes an approver too. A role it has already changes nothing. */
  addRole(actor: Actor, principalId: string, role: Role, options?: ChangeOptions): Promise<PrincipalView>;
  /** For good: its keys stop to hold and its id and e-mail address stay taken. */
  disable(
    actor: Actor,
    principalId: string,
    reason?: string | null,
    options?: ChangeOptions,
  ): Promise<PrincipalView>;
  /** With a role: only if it has that one. */
  get(principalId: string, role?: Role): Promise<PrincipalView>;
  list(query?: PrincipalQuery): Promise<Page<PrincipalView>>;
}

export function createPrincipals(context: AdminContext): Principals {
  return {
    create: (actor, input, options) => createPrincipal(context, actor, input, options),
    addRole: (actor, principalId, role, options) => addRole(context, actor, { principalId, role }, options),
    disable: (actor, principalId, reason, options) =>
      disable(context, actor, { principalId, reason: reason ?? null }, options),
    async get(principalId, role) {
      const [row] = await readRows<StoredPrincipalRow>(context.pool, findPrincipal(principalId));
      if (row === undefined || (role !== undefined && !row.roles.includes(role))) {
        throw notFound(role?.replaceAll('_', ' ') ?? 'principal', principalId);
      }
      return viewOf(row);
    },
    async list({ role = null, status = null, ...page } = {}) {
      const window = pageWindow(page);
      const rows = await readRows<StoredPrincipalRow>(
        context.pool,
        listPrincipals({ ...window, role, status }),
      );
      return pageOf(rows, window, (row) => row.principal_id, viewOf);
    },
  };
}

async function createPrincipal(
  context: AdminContext,
  actor: Actor,
  input: PrincipalInput,
  options: ChangeOptions | undefined,
): Promise<PrincipalView> {
  const principalId = checkedId('/principal_id', input.principalId);
  const name = checkedName('/name', input.name);
  const email = input.email == null ? null : checkedEmail('/email', input.email);
  const roles = checkedRoles(input.roles);
  return applyChange(context, { actor, operation: 'principals.create', options }, async (step) => {
    await refuseUsedId(step, principalId);
    await refuseTakenEmail(step, email);
    const row: StoredPrincipalRow = {
      principal_id: principalId,
      kind: input.kind ?? 'human',
      roles,
      name,
      email,
      status: 'active',
      created_at: step.at,
      entry_id: step.entryId,
    };
    await step.tx.query(insertPrincipal(row));
    await step.record({
      type: 'principal.created',
      subjectId: principalId,
      before: null,
      after: snapshotOf(row),
    });
    return viewOf(row);
  });
}

async function addRole(
  context: AdminContext,
  actor: Actor,
  { principalId, role }: { principalId: string; role: Role },
  options: ChangeOptions | undefined,
): Promise<PrincipalView> {
  const [checked] = checkedRoles([role]);
  const operation = `principals.add_role/${principalId}/${role}`;
  return applyChange(context, { actor, operation, options }, async (step) => {
    const before = await foundPrincipal(step, principalId);
    if (checked === undefined || before.roles.includes(checked)) return viewOf(before);
    if (before.status === 'disabled') throw new AdminError('conflict', `\`${principalId}\` is disabled`);
    const row = { ...before, roles: sortedRoles([...before.roles, checked]), entry_id: step.entryId };
    await step.tx.query(updatePrincipal(row));
    const [former, latter] = [snapshotOf(before), snapshotOf(row)];
    await step.record({
      type: 'principal.role_added',
      subjectId: principalId,
      before: former,
      after: latter,
    });
    return viewOf(row);
  });
}

async function disable(
  context: AdminContext,
  actor: Actor,
  { principalId, reason }: { principalId: string; reason: string | null },
  options: ChangeOptions | undefined,
): Promise<PrincipalView> {
  const stated = reason === null ? null : checkedReason('/reason', reason);
  return applyChange(
    context,
    { actor, operation: `principals.disable/${principalId}`, options },
    async (step) => {
      const before = await foundPrincipal(step, principalId);
      if (before.status === 'disabled') return viewOf(before);
      if (before.roles.includes('operator')) {
        const counted = await firstRow<{ operators: bigint }>(step.tx, countActiveOperators());
        if (counted?.operators === 1n) {
          throw new AdminError(
            'conflict',
            `\`${principalId}\` is the last active operator: nobody could configure any more`,
          );
        }
      }
      const row: StoredPrincipalRow = { ...before, status: 'disabled', entry_id: step.entryId };
      await step.tx.query(updatePrincipal(row));
      const after = { ...snapshotOf(row), reason: personal(stated) };
      await step.record({
        type: 'principal.disabled',
        subjectId: principalId,
        before: snapshotOf(before),
        after,
      });
      return viewOf(row);
    },
  );
}

async function foundPrincipal(step: ChangeStep, principalId: string): Promise<StoredPrincipalRow> {
  const row = await firstRow<StoredPrincipalRow>(step.tx, findPrincipal(principalId));
  if (row === null) throw notFound('principal', principalId);
  return row;
}

async function refuseUsedId(step: ChangeStep, principalId: string): Promise<void> {
  const field = '/principal_id';
  if ((await firstRow(step.tx, findPrincipal(principalId))) !== null)
    throw alreadyExists(field, 'principal', principalId);
  if ((await firstRow(step.tx, findAgent(principalId))) !== null)
    throw alreadyExists(field, 'agent', principalId);
}

async function refuseTakenEmail(step: ChangeStep, email: string | null): Promise<void> {
  if (email === null || (await firstRow(step.tx, findPrincipalByEmail(email))) === null) return;
  const message =
    'this e-mail address belongs to another principal: one person is one principal, add a role to that one';
  throw new AdminError('email_taken', message, { field: '/email' });
}

function checkedRoles(roles: readonly string[]): Role[] {
  const known = ROLES.filter((role) => roles.includes(role));
  const unknown = roles.find((role) => !ROLES.some((candidate) => candidate === role));
  if (unknown !== undefined || known.length === 0) {
    throw invalid(
      '/roles',
      `roles are among ${ROLES.map((role) => `\`${role}\``).join(', ')}`,
      'unknown_role',
    );
  }
  return known;
}

function sortedRoles(roles: readonly string[]): Role[] {
  return ROLES.filter((role) => roles.includes(role));
}

function snapshotOf(row: StoredPrincipalRow): Snapshot {
  return {
    email: personal(row.email),
    kind: row.kind,
    name: personal(row.name),
    roles: row.roles,
    status: row.status,
  };
}

function viewOf(row: StoredPrincipalRow): PrincipalView {
  return {
    principalId: row.principal_id,
    kind: row.kind,
    name: row.name,
    email: row.email,
    roles: sortedRoles(row.roles),
    status: row.status,
    createdAt: row.created_at.toISOString(),
  };
}

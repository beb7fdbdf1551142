// admin/keys.ts: API keys of agents and principals. A key is in an answer once and stored as its hash.
// Must not put a key, its hash or its hint into the log.
import { endApiKey } from '../ledger/end-api-key.ts';
import { findAgent } from '../ledger/find-agent.ts';
import { findApiKey } from '../ledger/find-api-key.ts';
import { findPrincipal } from '../ledger/find-principal.ts';
import { insertApiKey, type StoredKeyRow } from '../ledger/insert-api-key.ts';
import type { StoredPrincipalRow } from '../ledger/insert-principal.ts';
import { listApiKeys } from '../ledger/list-api-keys.ts';
import { newId } from '../ids.ts';
import { callerId, type Role } from '../record/caller.ts';
import { AdminError, invalid, notFound } from './admin-error.ts';
import { generateApiKey, hashApiKey, hintOf, type KeyHolderKind, keyDigest } from './api-key.ts';
import {
  type Actor,
  type AdminContext,
  applyChange,
  type ChangeOptions,
  type ChangeStep,
  firstRow,
  readRows,
} from './apply-change.ts';
import { type Page, type PageQuery, pageOf, pageWindow } from './page.ts';

const OVERLAP_SECONDS_MAX = 86_400;

/** With a role: a principal that has it. */
export type KeyHolder =
  { readonly agentId: string } | { readonly principalId: string; readonly role?: Role | undefined };

/** `apiKey` is shown here and never again. */
export interface CreatedKey {
  readonly keyId: string;
  readonly apiKey: string;
}

export interface RotatedKey extends CreatedKey {
  readonly replacedKeyId: string;
  /** Until when the replaced key still holds; null: it is revoked. */
  readonly replacedExpiresAt: string | null;
}

export interface KeyView {
  readonly keyId: string;
  /** First and last characters. */
  readonly hint: string;
  readonly agentId: string | null;
  readonly principalId: string | null;
  readonly status: 'active' | 'expired' | 'revoked';
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

export interface KeyQuery extends PageQuery {
  readonly agentId?: string | undefined;
  readonly principalId?: string | undefined;
}

export interface Keys {
  create(actor: Actor, holder: KeyHolder, options?: ChangeOptions): Promise<CreatedKey>;
  /** A new key for the same holder; the old one is revoked, at once or after `overlapSeconds` (up to a day). */
  rotate(
    actor: Actor,
    keyId: string,
    rotation?: { readonly overlapSeconds?: number | undefined },
    options?: ChangeOptions,
  ): Promise<RotatedKey>;
  /** It authenticates no request that starts after this is acknowledged. Revoking twice changes nothing. */
  revoke(actor: Actor, keyId: string, options?: ChangeOptions): Promise<KeyView>;
  get(keyId: string): Promise<KeyView>;
  list(query?: KeyQuery): Promise<Page<KeyView>>;
}

export function createKeys(context: AdminContext): Keys {
  const view = (row: StoredKeyRow): KeyView => keyView(row, context.now());
  return {
    create: (actor, holder, options) => createKey(context, actor, holder, options),
    rotate: (actor, keyId, { overlapSeconds = 0 } = {}, options) =>
      rotateKey(context, actor, { keyId, overlapSeconds }, options),
    async revoke(actor, keyId, options) {
      return applyChange(context, { actor, operation: `keys.revoke/${keyId}`, options }, async (step) => {
        const row = await foundKey(step, keyId);
        if (row.revoked_at !== null) return view(row);
        return view(await revokeKey(step, row));
      });
    },
    async get(keyId) {
      const [row] = await readRows<StoredKeyRow>(context.pool, findApiKey(keyId));
      if (row === undefined) throw notFound('key', keyId);
      return view(row);
    },
    async list({ agentId = null, principalId = null, ...page } = {}) {
      const window = pageWindow(page);
      const rows = await readRows<StoredKeyRow>(
        context.pool,
        listApiKeys({ ...window, agentId, principalId }),
      );
      return pageOf(rows, window, (row) => row.key_id, view);
    },
  };
}

/** Revokes a key that holds and records it. */
export async function revokeKey(step: ChangeStep, row: StoredKeyRow): Promise<StoredKeyRow> {
  const revoked = { ...row, revoked_at: step.at, entry_id: step.entryId };
  await step.tx.query(endApiKey(revoked));
  await step.record({
    type: 'key.revoked',
    subjectId: row.key_id,
    before: { status: 'active' },
    after: { status: 'revoked' },
    detail: holderOf(row),
  });
  return revoked;
}

/** Stores a key by its hash. The caller records it. */
export async function storeKey(
  step: ChangeStep,
  apiKey: string,
  { hint, ...holder }: Pick<StoredKeyRow, 'agent_id' | 'principal_id' | 'hint'>,
): Promise<StoredKeyRow> {
  const row: StoredKeyRow = {
    ...holder,
    key_id: newId('key'),
    hint,
    created_at: step.at,
    expires_at: null,
    revoked_at: null,
    entry_id: step.entryId,
  };
  await step.tx.query(insertApiKey({ ...row, key_hash: hashApiKey(apiKey) }));
  return row;
}

/** The holder as the record names it. */
export function holderOf(row: Pick<StoredKeyRow, 'agent_id' | 'principal_id'>): Record<string, string> {
  if (row.agent_id !== null) return { agent_id: row.agent_id };
  return row.principal_id === null ? {} : { principal_id: row.principal_id };
}

async function createKey(
  context: AdminContext,
  actor: Actor,
  holder: KeyHolder,
  options: ChangeOptions | undefined,
): Promise<CreatedKey> {
  const holderId = 'agentId' in holder ? holder.agentId : holder.principalId;
  const operation = `keys.create/${holderId}`;
  return applyChange(context, { actor, operation, options, holdsSecret: true }, async (step) => {
    const kind = await kindOfHolder(step, holder);
    const apiKey = generateApiKey(kind);
    const row = await storeKey(step, apiKey, {
      agent_id: 'agentId' in holder ? holderId : null,
      principal_id: 'agentId' in holder ? null : holderId,
      hint: hintOf(apiKey),
    });
    const after = { ...holderOf(row), key_digest: keyDigest(apiKey), status: 'active' };
    await step.record({ type: 'key.created', subjectId: row.key_id, before: null, after });
    return { keyId: row.key_id, apiKey };
  });
}

async function rotateKey(
  context: AdminContext,
  actor: Actor,
  { keyId, overlapSeconds }: { keyId: string; overlapSeconds: number },
  options: ChangeOptions | undefined,
): Promise<RotatedKey> {
  if (!Number.isInteger(overlapSeconds) || overlapSeconds < 0 || overlapSeconds > OVERLAP_SECONDS_MAX) {
    throw invalid(
      '/overlap_seconds',
      `it must be a whole number from 0 to ${OVERLAP_SECONDS_MAX}`,
      'out_of_range',
    );
  }
  const operation = `keys.rotate/${keyId}`;
  return applyChange(context, { actor, operation, options, holdsSecret: true }, async (step) => {
    const old = await foundKey(step, keyId);
    const { status } = keyView(old, step.at.getTime());
    if (status !== 'active')
      throw new AdminError('conflict', `the key \`${keyId}\` is ${status}: create a new one`);
    // Another person's new key would make whoever sees it that person; one's own, or an agent's, waits for nobody.
    if (old.agent_id !== null || old.principal_id === callerId(actor)) step.actAtOnce();
    const kind = await kindOfHolder(step, holderInput(old));
    const apiKey = generateApiKey(kind);
    const row = await storeKey(step, apiKey, { ...old, hint: hintOf(apiKey) });
    const ended = endOfRotated(old, step.at, overlapSeconds);
    await step.tx.query(endApiKey({ ...ended, entry_id: step.entryId }));
    const replacedExpiresAt = ended.revoked_at === null ? (ended.expires_at?.toISOString() ?? null) : null;
    await step.record({
      type: 'key.rotated',
      subjectId: keyId,
      before: { expires_at: old.expires_at?.toISOString() ?? null, status: 'active' },
      after: { expires_at: replacedExpiresAt, status: ended.revoked_at === null ? 'active' : 'revoked' },
      detail: { ...holderOf(old), key_digest: keyDigest(apiKey), new_key_id: row.key_id },
    });
    return { keyId: row.key_id, apiKey, replacedKeyId: keyId, replacedExpiresAt };
  });
}

function endOfRotated(old: StoredKeyRow, at: Date, overlapSeconds: number): StoredKeyRow {
  if (overlapSeconds === 0) return { ...old, revoked_at: at };
  const end = new Date(at.getTime() + overlapSeconds * 1_000);
  // A second rotation never makes a key hold longer than the first one said.
  return { ...old, expires_at: old.expires_at !== null && old.expires_at < end ? old.expires_at : end };
}

async function foundKey(step: ChangeStep, keyId: string): Promise<StoredKeyRow> {
  const row = await firstRow<StoredKeyRow>(step.tx, findApiKey(keyId));
  if (row === null) throw notFound('key', keyId);
  return row;
}

function holderInput(row: StoredKeyRow): KeyHolder {
  return row.agent_id !== null ? { agentId: row.agent_id } : { principalId: row.principal_id ?? '' };
}

/** Which prefix the key gets; refuses a holder that is not there or can hold no key. */
async function kindOfHolder(step: ChangeStep, holder: KeyHolder): Promise<KeyHolderKind> {
  if ('agentId' in holder) {
    if ((await firstRow(step.tx, findAgent(holder.agentId))) === null)
      throw notFound('agent', holder.agentId);
    return 'agent';
  }
  const { principalId, role } = holder;
  const principal = await firstRow<StoredPrincipalRow>(step.tx, findPrincipal(principalId));
  if (principal === null || (role !== undefined && !principal.roles.includes(role))) {
    throw notFound(role?.replaceAll('_', ' ') ?? 'principal', principalId);
  }
  if (principal.status === 'disabled') throw new AdminError('conflict', `\`${principalId}\` is disabled`);
  return kindOfRoles(principal.roles);
}

/** The prefix names the role that may do most; the key speaks for the principal, with all its roles. */
function kindOfRoles(roles: readonly string[]): KeyHolderKind {
  if (roles.includes('operator')) return 'op';
  if (roles.includes('approver')) return 'appr';
  return roles.includes('budget_owner') ? 'own' : 'aud';
}

function keyView(row: StoredKeyRow, nowMs: number): KeyView {
  const isExpired = row.expires_at !== null && row.expires_at.getTime() <= nowMs;
  return {
    keyId: row.key_id,
    hint: row.hint,
    agentId: row.agent_id,
    principalId: row.principal_id,
    status: row.revoked_at !== null ? 'revoked' : isExpired ? 'expired' : 'active',
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  };
}

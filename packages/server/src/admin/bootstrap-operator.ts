// admin/bootstrap-operator.ts: the operator that exists before anybody could create one. Its key comes from the
// environment, taken as given, or is generated at the first start and returned once for printing.
// Must not log a key. A key that was revoked is never taken back by a restart.
import { findApiKeyByHash } from '../ledger/find-api-key-by-hash.ts';
import { findPrincipal } from '../ledger/find-principal.ts';
import type { StoredKeyRow } from '../ledger/insert-api-key.ts';
import { insertPrincipal, type StoredPrincipalRow } from '../ledger/insert-principal.ts';
import { listApiKeys } from '../ledger/list-api-keys.ts';
import { listLiveKeys } from '../ledger/list-live-keys.ts';
import { AdminError, invalid } from './admin-error.ts';
import { generateApiKey, hashApiKey, hintOf, keyDigest } from './api-key.ts';
import { type AdminContext, applyChange, type ChangeStep, firstRow } from './apply-change.ts';
import { holderOf, revokeKey, storeKey } from './keys.ts';
import { personal } from './personal-text.ts';

export const BOOTSTRAP_OPERATOR_ID = 'operator_bootstrap';
const GIVEN_KEY_LENGTH_MIN = 32;
const GIVEN_KEY_LENGTH_MAX = 512;
/** More live keys than this are not of a bootstrap operator any more. */
const LIVE_KEYS_MAX = 100;

export interface BootstrapResult {
  /** A key that was made now: print it once, it is nowhere else. */
  readonly generatedKey?: string;
}

/**
 * Makes the bootstrap operator and its key where they are missing. A given key that is another one than before
 * replaces every live key of the bootstrap operator. @throws AdminError `invalid` for a key that is too short or
 * cannot be sent,
 * `conflict` for one that was revoked, belongs to somebody else, or where the bootstrap operator is disabled.
 */
export async function ensureBootstrapOperator(
  context: AdminContext,
  givenKey: string | undefined,
): Promise<BootstrapResult> {
  if (givenKey !== undefined) refuseUnusableKey(givenKey);
  const request = {
    actor: { kind: 'system', name: 'bootstrap' } as const,
    operation: 'bootstrap',
    options: undefined,
    entryCountMax: 2 + LIVE_KEYS_MAX,
  };
  return applyChange(context, request, async (step) => {
    const status = await ensurePrincipal(step);
    return givenKey === undefined ? generateFirstKey(step) : takeGivenKey(step, givenKey, status);
  });
}

/** A key that no client could send would lock everybody out, and would say so only at the first request. */
function refuseUnusableKey(givenKey: string): void {
  const field = 'COUNTERSIGN_OPERATOR_KEY';
  if (givenKey.length < GIVEN_KEY_LENGTH_MIN) {
    throw invalid(field, `${field} must have at least ${GIVEN_KEY_LENGTH_MIN} characters`, 'key_too_short');
  }
  if (givenKey.length > GIVEN_KEY_LENGTH_MAX) {
    throw invalid(field, `${field} must have at most ${GIVEN_KEY_LENGTH_MAX} characters`, 'key_too_long');
  }
  if (!/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(givenKey)) {
    const message = `${field} must be printable ASCII without a space at either end, to fit into an HTTP header`;
    throw invalid(field, message, 'key_not_sendable');
  }
}

async function ensurePrincipal(step: ChangeStep): Promise<StoredPrincipalRow['status']> {
  const found = await firstRow<StoredPrincipalRow>(step.tx, findPrincipal(BOOTSTRAP_OPERATOR_ID));
  if (found !== null) return found.status;
  const row: StoredPrincipalRow = {
    principal_id: BOOTSTRAP_OPERATOR_ID,
    kind: 'service',
    roles: ['operator'],
    name: 'Bootstrap operator',
    email: null,
    status: 'active',
    created_at: step.at,
    entry_id: step.entryId,
  };
  await step.tx.query(insertPrincipal(row));
  const { kind, roles, status } = row;
  const after = { kind, name: personal(row.name), roles, status };
  await step.record({ type: 'principal.created', subjectId: BOOTSTRAP_OPERATOR_ID, before: null, after });
  return status;
}

async function generateFirstKey(step: ChangeStep): Promise<BootstrapResult> {
  const filter = { after: '', limit: 1, agentId: null, principalId: BOOTSTRAP_OPERATOR_ID };
  if ((await firstRow(step.tx, listApiKeys(filter))) !== null) return {};
  const apiKey = generateApiKey('op');
  await storeAndRecord(step, apiKey, hintOf(apiKey));
  return { generatedKey: apiKey };
}

async function takeGivenKey(
  step: ChangeStep,
  givenKey: string,
  status: StoredPrincipalRow['status'],
): Promise<BootstrapResult> {
  const known = await firstRow<StoredKeyRow>(step.tx, findApiKeyByHash(hashApiKey(givenKey)));
  if (known !== null) {
    if (known.principal_id !== BOOTSTRAP_OPERATOR_ID) refuseGivenKey('belongs to somebody else');
    if (known.revoked_at !== null) refuseGivenKey('was revoked');
    return {};
  }
  if (status === 'disabled') refuseGivenKey(`cannot hold, because \`${BOOTSTRAP_OPERATOR_ID}\` is disabled`);
  const live = (await step.tx.query<StoredKeyRow>(listLiveKeys(BOOTSTRAP_OPERATOR_ID))).rows;
  for (const row of live) await revokeKey(step, row);
  // Whoever made this key up may have put meaning into its characters, so the hint shows none of them.
  await storeAndRecord(step, givenKey, `sha256:${hashApiKey(givenKey).toString('hex').slice(0, 8)}`);
  return {};
}

async function storeAndRecord(step: ChangeStep, apiKey: string, hint: string): Promise<void> {
  const row = await storeKey(step, apiKey, { agent_id: null, principal_id: BOOTSTRAP_OPERATOR_ID, hint });
  const after = { ...holderOf(row), key_digest: keyDigest(apiKey), status: 'active' };
  await step.record({ type: 'key.created', subjectId: row.key_id, before: null, after });
}

function refuseGivenKey(why: string): never {
  throw new AdminError('conflict', `the key in COUNTERSIGN_OPERATOR_KEY ${why}: choose another one`);
}

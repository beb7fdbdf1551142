// gate/prepare-command.ts: what can be known of a command before any lock: its action, its policies, the guard rows it
// needs. Pure but for the ids and salts it is handed. A fault here writes nothing and claims no idempotency key.
import { createHash, hash } from 'node:crypto';

import { canonicalBytes, canonicalJson, commit } from '@countersign/audit';
import type { Action } from '@countersign/core';

import { type IdempotencyClaim, idempotencyKeyHash } from '../ledger/idempotency-key.ts';
import { type Caller, callerId } from '../record/caller.ts';
import { groupKeyOf } from '../suppliers/supplier-identity.ts';
import type { GateCommand, GateRequest, Idempotency, PrivateText, PurchaseInput } from './command.ts';
import type { Configuration } from './configuration.ts';
import { type Body, type PurchaseTerms, termsOf } from './entry-body.ts';
import {
  type PeriodKey,
  type ResolvedAction,
  fingerprintOf,
  periodsOf,
  resolveAgain,
  resolveCheck,
  resolvePurchase,
} from './resolve-action.ts';
import { isAggregated } from './resolve-sourcing.ts';
import { NO_RELATED_KEYS, type RelatedKeys, relatedKeysOf } from './related-keys.ts';
import type { GateEntropy } from './settings.ts';

/** A command on a purchase that does not exist yet, or on none. */
export interface PreparedOpening {
  readonly kind: 'request' | 'check';
  readonly caller: Caller;
  readonly command: Extract<GateCommand, { kind: 'request' | 'check' }>;
  readonly resourceId: string;
  readonly resolved: ResolvedAction;
  readonly periods: readonly PeriodKey[];
  readonly fingerprint: bigint;
  /** The groups of near purchases that it is counted in. */
  readonly related: RelatedKeys;
  readonly terms: Body;
  /** Of the terms with their commitment, see termsHashOf: few purchases are held, and only a hold needs it. */
  readonly termsHash: () => string;
  readonly privateText: (PrivateText & { readonly salt: string }) | null;
  readonly idempotency: PreparedKey | null;
  readonly atMs: number | null;
}

/** A command on a purchase that exists. */
export interface PreparedStep {
  readonly kind: 'step';
  readonly caller: Caller;
  readonly command: Exclude<GateCommand, { kind: 'request' | 'check' }>;
  readonly requestId: string;
  readonly action: Action;
  readonly terms: Body;
  readonly termsHash: string;
  readonly resolved: ResolvedAction | null;
  /** Periods that bind it now. */
  readonly periods: readonly PeriodKey[];
  /** Periods that carried it when it was read unlocked; checked again under the lock. */
  readonly reservedPeriods: readonly bigint[];
  /** The groups of near purchases that it is counted in. */
  readonly related: RelatedKeys;
  readonly idempotency: PreparedKey | null;
  readonly atMs: number | null;
}

/** Of a step `bodyHash` covers what it is about too: one key is not taken for two of them. */
export type PreparedKey = Omit<IdempotencyClaim, 'resourceId'>;

export type Prepared = PreparedOpening | PreparedStep;

export type Refusal = {
  readonly ok: false;
  readonly code: string;
  readonly message: string;
  /** Seconds after which it makes sense to try again. */
  readonly retryAfterSeconds?: number;
};

export function refusal(code: string, message: string): Refusal {
  return { ok: false, code, message };
}

/** Whether a caller's key still holds and may act for this agent. */
function callerFault(caller: Caller, agentId: string | null, configuration: Configuration): Refusal | null {
  if (caller.kind === 'system') return null;
  if (!configuration.keyIds.has(caller.keyId)) return refusal('key_revoked', 'This key has been revoked.');
  if (caller.kind === 'agent' && agentId !== null && caller.agentId !== agentId) {
    return refusal('agent_mismatch', 'A key acts for its own agent alone.');
  }
  return null;
}

export function prepareOpening(
  request: GateRequest & { readonly command: PreparedOpening['command'] },
  configuration: Configuration,
  entropy: GateEntropy,
  nowMs: number,
): PreparedOpening | Refusal {
  const { command, caller, atMs } = request;
  const fault = callerFault(caller, command.input.agentId, configuration);
  if (fault !== null) return fault;
  const resolved =
    command.kind === 'request'
      ? resolvePurchase(command.input, configuration)
      : resolveCheck(command.input, configuration);
  if ('refusal' in resolved) return refusal(resolved.refusal.code, resolved.refusal.message);
  if (configuration.requireIdempotencyKey && command.idempotency === null && caller.kind !== 'system') {
    return refusal('idempotency_key_required', 'This gateway requires an Idempotency-Key.');
  }
  const resourceId = entropy.newId(command.kind === 'request' ? 'preq' : 'chk');
  const purchase = command.kind === 'request' ? partsOf(command.input, entropy.newSalt()) : null;
  const terms = termsOf(resolved.action, purchase?.terms ?? null);
  return {
    kind: command.kind,
    caller,
    command,
    resourceId,
    resolved,
    periods: command.kind === 'request' ? periodsOf(resolved, configuration, atMs ?? nowMs) : [],
    fingerprint: fingerprintOf(resolved.action),
    related:
      command.kind === 'request'
        ? openingKeys(resolved, command.input, configuration, atMs ?? nowMs)
        : NO_RELATED_KEYS,
    terms,
    termsHash: () => termsHashOf(terms),
    privateText: purchase?.privateText ?? null,
    idempotency: command.idempotency === null ? null : preparedKey(command.idempotency, command.kind, caller),
    atMs: atMs ?? null,
  };
}

function openingKeys(
  { action, sourcing }: ResolvedAction,
  { privateText }: PurchaseInput,
  configuration: Configuration,
  atMs: number,
): RelatedKeys {
  if (!isAggregated(action, sourcing, configuration)) return NO_RELATED_KEYS;
  return relatedKeysOf(action, {
    supplierGroup: groupKeyOf(configuration.suppliers, action),
    intent: privateText.intent,
    atMs,
  });
}

/** What the log says of a purchase besides its action, and what an agent wrote freely, to which the log only commits. */
function partsOf(
  { commitmentType, replaces, privateText }: PurchaseInput,
  salt: Buffer,
): { readonly terms: PurchaseTerms; readonly privateText: PreparedOpening['privateText'] } {
  return {
    terms: {
      commitmentType: commitmentType === 'purchase' ? null : commitmentType,
      replaces,
      privateCommitment: commit(canonicalJson(privateText), salt),
    },
    // Written out: a member that is added to a literal that begins with a spread costs V8 a microsecond.
    privateText: {
      intent: privateText.intent,
      metadata: privateText.metadata,
      amount_details: privateText.amount_details,
      line_items: privateText.line_items,
      estimated_contract_value: privateText.estimated_contract_value,
      salt: salt.toString('base64'),
    },
  };
}

export function prepareStep(
  request: GateRequest & { readonly command: PreparedStep['command'] },
  purchase: {
    readonly requestId: string;
    readonly action: Action;
    readonly terms: Body;
    readonly reservedPeriods: readonly bigint[];
    readonly related: RelatedKeys;
  },
  configuration: Configuration,
  nowMs: number,
): PreparedStep | Refusal {
  const { command, caller, atMs } = request;
  const fault = callerFault(caller, purchase.action.agentId, configuration);
  if (fault !== null) {
    return fault.code === 'agent_mismatch'
      ? refusal('request_not_found', 'There is no such request.')
      : fault;
  }
  const resolved = resolveAgain(purchase.action, configuration);
  const binds = DECIDING.has(command.kind);
  return {
    kind: 'step',
    caller,
    command,
    ...purchase,
    termsHash: termsHashOf(purchase.terms),
    resolved,
    periods: binds && resolved !== null ? periodsOf(resolved, configuration, atMs ?? nowMs) : [],
    idempotency: stepKey(command, caller),
    atMs: atMs ?? null,
  };
}

/** Steps that decide again. */
const DECIDING: ReadonlySet<string> = new Set(['sign', 'authorize', 'revalidate']);

function preparedKey({ key, bodyHash }: Idempotency, operation: string, caller: Caller): PreparedKey {
  return { keyHash: idempotencyKeyHash({ scope: callerId(caller), operation, key }), bodyHash };
}

function stepKey(command: PreparedStep['command'], caller: Caller): PreparedKey | null {
  if (
    command.kind === 'expire' ||
    command.kind === 'revalidate' ||
    command.kind === 'reveal' ||
    command.kind === 'nudge'
  )
    return null;
  const { idempotency } = command;
  if (idempotency === undefined || idempotency === null) return null;
  const target =
    'approvalId' in command
      ? command.approvalId
      : 'authorizationId' in command
        ? command.authorizationId
        : 'cardId' in command
          ? command.cardId
          : command.requestId;
  const bodyHash = createHash('sha256').update(`${target}\0`).update(idempotency.bodyHash).digest();
  return preparedKey({ key: idempotency.key, bodyHash }, command.kind, caller);
}

/** SHA-256 of the terms, hex: what an approval binds to. */
function termsHashOf(terms: Body): string {
  return hash('sha256', canonicalBytes(terms, 'left out'), 'hex');
}

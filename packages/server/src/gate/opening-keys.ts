// gate/opening-keys.ts: the idempotency keys of new purchases and checks: claimed before the decision, as an opening is
// never refused once it is decided. What is claimed is either new, or has been answered already.
import type { IdempotencyClaim } from '../ledger/idempotency-key.ts';
import type { BatchFacts } from './load-facts.ts';
import type { Prepared, PreparedOpening, Refusal } from './prepare-command.ts';
import type { Replay } from './replay-answer.ts';
import { REUSED, claimKey } from './step-keys.ts';

/** By claimKey: the claim, and the command of the batch that brought the key first. */
export type OpeningClaims = ReadonlyMap<
  string,
  { readonly claim: IdempotencyClaim; readonly leader: PreparedOpening }
>;

/** `retry`: whoever had the key let go of it while this batch waited. */
type EarlierAnswer =
  typeof REUSED | { readonly kind: 'retry' } | { readonly kind: 'replay'; readonly replay: Replay };

/** The earlier answer to the same idempotency key, if there is one: of the database, or of this very batch. */
export function replayFor(
  slot: PreparedOpening,
  facts: Pick<BatchFacts, 'claimed' | 'holders'>,
  claims: OpeningClaims,
): EarlierAnswer | null {
  if (slot.idempotency === null) return null;
  const entry = claims.get(claimKey(slot.idempotency));
  if (entry === undefined) throw new Error('every idempotency key of a batch is claimed');
  const { claim, leader } = entry;
  const { bodyHash } = slot.idempotency;
  if (!facts.claimed.has(claim.resourceId)) {
    const holder = facts.holders.find(
      (row) => row.scope === claim.scope && row.operation === claim.operation && row.key === claim.key,
    );
    if (holder === undefined) return { kind: 'retry' };
    return holder.body_hash.equals(bodyHash) ? replayed(slot, holder.resource_id) : REUSED;
  }
  if (leader === slot) return null;
  return claim.bodyHash.equals(bodyHash) ? replayed(slot, claim.resourceId) : REUSED;
}

function replayed(slot: PreparedOpening, resourceId: string): EarlierAnswer {
  return { kind: 'replay', replay: { kind: slot.kind, resourceId } };
}

/** One claim per key, made by the first command that brings it. */
export function claimsOf(slots: readonly (Prepared | Refusal)[]): OpeningClaims {
  const claims = new Map<string, { claim: IdempotencyClaim; leader: PreparedOpening }>();
  for (const slot of slots) {
    if (!('kind' in slot) || slot.kind === 'step' || slot.idempotency === null) continue;
    const key = claimKey(slot.idempotency);
    if (claims.has(key)) continue;
    const { scope, operation, key: name, bodyHash } = slot.idempotency;
    claims.set(key, {
      claim: { scope, operation, key: name, bodyHash, resourceId: slot.resourceId },
      leader: slot,
    });
  }
  return claims;
}

/** In the lock order of idempotency keys. */
export function sortedClaims(claims: OpeningClaims): IdempotencyClaim[] {
  return [...claims].sort(byFirst).map(([, { claim }]) => claim);
}

function byFirst([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

// gate/batch-keys.ts: which locks a batch needs: its idempotency keys, its duplicate keys, its budget periods.
import type { BatchKeys } from './load-facts.ts';
import { NO_RELATED_KEYS, type RelatedKeys } from './related-keys.ts';
import { relationOf } from './resolve-sourcing.ts';
import type { Prepared, Refusal } from './prepare-command.ts';
import { fingerprintOf } from './resolve-action.ts';

type Slot = Prepared | Refusal;

export function batchKeysOf(
  slots: readonly Slot[],
  {
    credits,
    knownPeriods,
    signaturesMax,
  }: {
    readonly credits: readonly bigint[];
    readonly knownPeriods: ReadonlyMap<string, bigint>;
    readonly signaturesMax: number | null;
  },
): BatchKeys {
  return {
    keyHashes: keyHashesOf(slots),
    fingerprints: fingerprintsOf(slots),
    related: relatedGroupsOf(slots),
    periodIds: periodIdsOf(slots, credits, knownPeriods),
    needsAllocations: slots.some(
      (slot) => 'kind' in slot && slot.periods.some(({ freshnessMs }) => freshnessMs !== null),
    ),
    steps: slots.filter((slot) => 'kind' in slot && slot.kind === 'step'),
    signers: signaturesMax === null ? [] : signersOf(slots),
    signaturesMax: signaturesMax ?? 0,
    entryCountMax: entryCountOf(slots),
  };
}

function keyHashesOf(slots: readonly Slot[]): string[] {
  const keyHashes = new Set<string>();
  for (const slot of slots) {
    if ('kind' in slot && slot.idempotency !== null) keyHashes.add(slot.idempotency.keyHash);
  }
  return [...keyHashes];
}

/** Of openings, and of steps that decide again or may end a purchase. */
function relatedKeysOfSlot(slot: Slot): RelatedKeys {
  if (!('kind' in slot)) return NO_RELATED_KEYS;
  return slot.kind !== 'step' || COUNTING.has(slot.command.kind) ? slot.related : NO_RELATED_KEYS;
}

function windowDaysOf(slot: Slot): number {
  return relationOf('kind' in slot ? (slot.resolved?.sourcing ?? null) : null).windowDays;
}

function relatedGroupsOf(slots: readonly Slot[]): BatchKeys['related'] {
  const groupKeys = new Set<string>();
  const deciding = new Set<string>();
  let sinceDay = Number.MAX_SAFE_INTEGER;
  for (const slot of slots) {
    const { keys, day } = relatedKeysOfSlot(slot);
    if (keys.length === 0) continue;
    sinceDay = Math.min(sinceDay, day - windowDaysOf(slot));
    for (const { groupKey } of keys) {
      groupKeys.add(groupKey);
      if ('kind' in slot && slot.kind === 'step') deciding.add(groupKey);
    }
  }
  return { groupKeys: [...groupKeys], sinceDay, stopGroupKeys: [...deciding] };
}

function signersOf(slots: readonly Slot[]): string[] {
  const signers = new Set<string>();
  for (const slot of slots) {
    if (!('kind' in slot) || slot.command.kind !== 'sign' || slot.caller.kind !== 'principal') continue;
    signers.add(slot.caller.principalId);
  }
  return [...signers];
}

/** The most entries these commands can write: a clearing or a reversal may also close the purchase. */
function entryCountOf(slots: readonly Slot[]): number {
  let count = 1;
  for (const slot of slots) {
    if ('kind' in slot) count += slot.kind === 'step' && MAY_CLOSE.has(slot.command.kind) ? 2 : 1;
  }
  return count;
}

const MAY_CLOSE: ReadonlySet<string> = new Set(['capture', 'force_post', 'reverse']);

function fingerprintsOf(slots: readonly Slot[]): bigint[] {
  const fingerprints = new Set<bigint>();
  for (const slot of slots) {
    if ('kind' in slot && slot.kind !== 'step' && slot.resolved.guardsDuplicates)
      fingerprints.add(slot.fingerprint);
    const ending = endingFingerprint(slot);
    if (ending !== null) fingerprints.add(ending);
  }
  return [...fingerprints];
}

/** The duplicate key of a purchase that this step may end: locked, so that a duplicate is decided before it or after. */
export function endingFingerprint(slot: Slot): bigint | null {
  if (!('kind' in slot) || slot.kind !== 'step' || slot.resolved?.guardsDuplicates !== true) return null;
  return ENDING.has(slot.command.kind) ? fingerprintOf(slot.action) : null;
}

const ENDING: ReadonlySet<string> = new Set([
  'sign',
  'reject',
  'cancel',
  'expire',
  'authorize',
  'force_post',
  'revalidate',
]);

/** Steps after which a purchase may count otherwise among those near it: a late clearing brings it back. */
const COUNTING: ReadonlySet<string> = new Set([...ENDING, 'capture']);

function periodIdsOf(
  slots: readonly Slot[],
  credits: readonly bigint[],
  knownPeriods: ReadonlyMap<string, bigint>,
): bigint[] {
  const periodIds = new Set<bigint>(credits);
  for (const slot of slots) {
    if (!('kind' in slot)) continue;
    for (const period of slot.periods) {
      const periodId = knownPeriods.get(period.key);
      if (periodId !== undefined) periodIds.add(periodId);
    }
    if (slot.kind === 'step') for (const periodId of slot.reservedPeriods) periodIds.add(periodId);
  }
  return [...periodIds];
}

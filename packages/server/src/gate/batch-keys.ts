// gate/batch-keys.ts: which locks a batch needs: its idempotency keys, its duplicate keys, its budget periods.
import type { BatchKeys } from './load-facts.ts';
import type { Prepared, Refusal } from './prepare-command.ts';
import { fingerprintOf } from './resolve-action.ts';

type Slot = Prepared | Refusal;

export function batchKeysOf(
  slots: readonly Slot[],
  {
    credits,
    knownPeriods,
  }: { readonly credits: readonly bigint[]; readonly knownPeriods: ReadonlyMap<string, bigint> },
): BatchKeys {
  return {
    keyHashes: keyHashesOf(slots),
    fingerprints: fingerprintsOf(slots),
    periodIds: periodIdsOf(slots, credits, knownPeriods),
    steps: slots.filter((slot) => 'kind' in slot && slot.kind === 'step'),
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
]);

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

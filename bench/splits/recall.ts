// bench/splits/recall.ts: whether planted splits are stopped in time, each alone among the real purchases around it, and
// what of those is held that was not held before.
import { type Flag, type Groups, type Prepared, type Rule, flagsOf, prepare } from './replay.ts';
import type { Plant } from './plants.ts';

export interface Outcome {
  /** Stopped before the parts together were above the limit, as part of the planted split. */
  readonly inTime: boolean;
  /** A part above the limit's sum went through, and a later one was stopped. */
  readonly late: boolean;
  /** Stopped in time, but only for what it made with purchases that are none of its parts. */
  readonly byOthers: boolean;
  /** Real purchases that are held because of the planted ones, and were not before. */
  readonly newlyHeld: number;
  /** Real purchases that were held for what they made with the one that was taken out. */
  readonly noLongerHeld: number;
}

/** Days around a split beyond which nothing in it can matter: more than any window that is tried. */
const AROUND = 70;

export function outcomeOf({ host, parts }: Plant, groups: Groups, rule: Rule): Outcome {
  const prepared = parts.map((part) => prepare(part, rule));
  const own = prepare(host, rule);
  const keys = new Set(
    [...prepared, own].flatMap(({ related }) => related.keys.map(({ groupKey }) => groupKey)),
  );
  const [flags, before]: [Flag[], Flag[]] = [[], []];
  for (const key of keys) {
    const real = (groups.get(key) ?? []).filter(
      ({ related: { day } }) => Math.abs(day - own.related.day) <= AROUND,
    );
    before.push(...flagsOf(real, rule));
    const left = real.filter(({ purchase }) => purchase.id !== host.id);
    const added = prepared.filter(({ related }) => related.keys.some(({ groupKey }) => groupKey === key));
    flags.push(...flagsOf(inOrder([...left, ...added]), rule));
  }
  const partIds = new Set(parts.map(({ id }) => id));
  const heldBefore = new Set(before.map(({ purchase }) => purchase.id));
  const held = new Map(flags.map((flag) => [flag.purchase.id, flag]));
  const realHeld = [...held.keys()].filter((id) => !partIds.has(id));
  return {
    ...stoppedAt(parts, held, rule.threshold.amountMinor),
    newlyHeld: realHeld.filter((id) => !heldBefore.has(id)).length,
    noLongerHeld: [...heldBefore].filter((id) => !held.has(id)).length,
  };
}

function stoppedAt(
  parts: Plant['parts'],
  held: ReadonlyMap<string, Flag>,
  limitMinor: bigint,
): Pick<Outcome, 'inTime' | 'late' | 'byOthers'> {
  const partIds = new Set(parts.map(({ id }) => id));
  let [sum, inTime, byOthers, late] = [0n, false, false, false];
  for (const { id, amountMinor } of parts) {
    const isAfter = sum > limitMinor;
    sum += amountMinor;
    const flag = held.get(id);
    if (flag === undefined) continue;
    if (isAfter) late = true;
    else if (flag.siblings.some((sibling) => partIds.has(sibling))) inTime = true;
    else byOthers = true;
  }
  return { inTime, byOthers: byOthers && !inTime, late: late && !inTime && !byOthers };
}

/** What was planted comes behind the real ones of its day. */
function inOrder(purchases: readonly Prepared[]): Prepared[] {
  return [...purchases].sort((a, b) => a.related.day - b.related.day);
}

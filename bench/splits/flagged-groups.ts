// bench/splits/flagged-groups.ts: flagged purchases with the ones they were added to, as groups for a person to read. A
// group is known by two hashes, so that a judgement of it can be kept without anything that the city wrote.
import { createHash } from 'node:crypto';

import type { RelationReason } from '../../packages/core/src/index.ts';
import type { Flag } from './replay.ts';
import type { Purchase } from './traffic.ts';

export interface FlaggedGroup {
  /** Of its first purchase: the same when the group grows or shrinks at its end. */
  readonly anchor: string;
  /** Of all its purchases. */
  readonly members: string;
  /** In the order of time. */
  readonly purchases: readonly Purchase[];
  readonly flagged: ReadonlySet<string>;
  readonly reasons: readonly RelationReason[];
}

/** Purchases that a flag joins, directly or over others, are of one group. `traffic`: in the order of time. */
export function flaggedGroups(traffic: readonly Purchase[], flags: readonly Flag[]): FlaggedGroup[] {
  const tops = new Map<string, string>();
  const topOf = (id: string): string => {
    let top = id;
    for (let next = tops.get(top); next !== undefined; next = tops.get(top)) top = next;
    return top;
  };
  for (const { purchase, siblings } of flags) {
    for (const sibling of siblings) {
      const [own, other] = [topOf(purchase.id), topOf(sibling)];
      if (own !== other) tops.set(own, other);
    }
  }
  const flagsOfTop = new Map<string, Flag[]>();
  for (const flag of flags) {
    const top = topOf(flag.purchase.id);
    flagsOfTop.set(top, [...(flagsOfTop.get(top) ?? []), flag]);
  }
  const purchasesOfTop = new Map<string, Purchase[]>();
  for (const purchase of traffic) {
    const top = topOf(purchase.id);
    if (!flagsOfTop.has(top)) continue;
    purchasesOfTop.set(top, [...(purchasesOfTop.get(top) ?? []), purchase]);
  }
  return [...flagsOfTop].map(([top, own]) => groupOf(purchasesOfTop.get(top) ?? [], own));
}

/** The same ones on every run, as far as they are still found: those whose hash is smallest. */
export function sampleOf(groups: readonly FlaggedGroup[], count: number): FlaggedGroup[] {
  return [...groups].sort((a, b) => (a.anchor < b.anchor ? -1 : 1)).slice(0, count);
}

function groupOf(purchases: readonly Purchase[], flags: readonly Flag[]): FlaggedGroup {
  return {
    anchor: hashOf(purchases.slice(0, 1)),
    members: hashOf(purchases),
    purchases,
    flagged: new Set(flags.map(({ purchase }) => purchase.id)),
    reasons: [...new Set(flags.flatMap(({ reasons }) => reasons))].sort(),
  };
}

function hashOf(purchases: readonly Purchase[]): string {
  const text = purchases.map(({ id, date, amountMinor }) => `${id} ${date} ${amountMinor}`).join('\n');
  return createHash('sha256').update(`splits\0${text}`).digest('hex').slice(0, 16);
}

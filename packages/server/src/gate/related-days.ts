// gate/related-days.ts: the day buckets of near purchases, as a batch found them under its locks and as its decisions change
// them. A day keeps sums and its largest parts alone, so that it costs the same however many purchases there were.
// Lives for one transaction.
import {
  type RelatedGroup,
  type RelatedPart,
  type RelationSettings,
  sharesIntent,
  type Reach,
} from '@countersign/core';

import type { RelatedKeys } from './related-keys.ts';

/** Parts that a day remembers. With a share of a tenth of a threshold ten would always do; what is left is the floor of a split. */
const PARTS_A_DAY_MAX = 8;
/** Parts that a decision is given: the largest of each currency; of a project the latest. */
const PARTS_MAX = 10;

export interface DayPart {
  readonly requestId: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly words: readonly number[];
}

interface Day {
  readonly isNew: boolean;
  totals: Map<string, { minor: bigint; count: number }>;
  parts: DayPart[];
  refused: number;
}

/** One row of the ledger. */
export interface RelatedDayRow {
  readonly groupKey: string;
  readonly day: number;
  readonly purchases: StoredDay;
  readonly lastEntryId: bigint;
}

/** As storedDay wrote it: totals by currency, the largest parts, attempts that were refused. */
export interface StoredDay {
  readonly t: Readonly<Record<string, readonly [string, number]>>;
  readonly p: readonly (readonly [string, string, string, ...number[]])[];
  readonly r: number;
}

export interface ChangedDay extends RelatedDayRow {
  /** There is no such row yet. */
  readonly isNew: boolean;
}

/** A purchase as its groups count it. */
export interface Counted {
  readonly requestId: string;
  readonly currency: string;
  readonly amountMinor: bigint;
}

export interface NearQuery {
  readonly settings: RelationSettings;
  readonly reach: Reach;
  readonly day: number;
  /** Left out, when it is there already. */
  readonly own: Counted | null;
}

export class RelatedDays {
  readonly #days = new Map<string, Map<number, Day>>();
  readonly #changed = new Map<string, { readonly key: string; readonly day: number; entryId: bigint }>();

  constructor(rows: readonly RelatedDayRow[]) {
    for (const row of rows) this.#ofGroup(row.groupKey).set(row.day, dayOf(row.purchases));
  }

  /** Approved or held: it counts. */
  add({ keys, day, words }: RelatedKeys, counted: Counted, entryId: bigint): void {
    for (const { groupKey } of keys) {
      const bucket = this.#changing(groupKey, day, entryId);
      const total = bucket.totals.get(counted.currency) ?? { minor: 0n, count: 0 };
      bucket.totals.set(counted.currency, {
        minor: total.minor + counted.amountMinor,
        count: total.count + 1,
      });
      keepLargest(bucket.parts, { ...counted, words });
    }
  }

  /** It came to its end without money moving. `isRefused`: denied or cancelled, which is a signal. */
  remove(
    { keys, day }: RelatedKeys,
    counted: Counted,
    { isRefused, entryId }: { readonly isRefused: boolean; readonly entryId: bigint },
  ): void {
    for (const { groupKey } of keys) {
      const bucket = this.#changing(groupKey, day, entryId);
      const total = bucket.totals.get(counted.currency);
      if (total !== undefined) {
        const left = { minor: total.minor - counted.amountMinor, count: total.count - 1 };
        if (left.count <= 0) bucket.totals.delete(counted.currency);
        else bucket.totals.set(counted.currency, left);
      }
      bucket.parts = bucket.parts.filter((part) => part.requestId !== counted.requestId);
      if (isRefused) bucket.refused += 1;
    }
  }

  /** Denied at the request: no spend, but a signal. */
  refuse({ keys, day }: RelatedKeys, entryId: bigint): void {
    for (const { groupKey } of keys) this.#changing(groupKey, day, entryId).refused += 1;
  }

  /** What is near a purchase of this day. */
  facts(related: RelatedKeys, query: NearQuery): readonly RelatedGroup[] {
    const groups: RelatedGroup[] = [];
    for (const key of related.keys) {
      const buckets = this.#days.get(key.groupKey);
      if (buckets === undefined) continue;
      const parts =
        key.basis === 'project'
          ? examplesOf(buckets, query)
          : query.reach.intent || query.reach.large
            ? largestOf(this.#partsOf(key.basis, buckets, related, query))
            : [];
      // Only a project is added up as a whole; otherwise nothing but parts counts.
      if (key.basis !== 'project' && parts.length === 0) continue;
      const group = this.#group(key.basis, buckets, related, query);
      if (group.totals.length > 0) groups.push({ ...group, parts });
    }
    return groups;
  }

  #partsOf(
    basis: RelatedGroup['basis'],
    buckets: ReadonlyMap<number, Day>,
    related: RelatedKeys,
    { settings, reach, day, own }: NearQuery,
  ): RelatedPart[] {
    const words = own === null ? related.words : this.#wordsOf(buckets, related.day, own.requestId);
    const parts: RelatedPart[] = [];
    for (const [bucketDay, bucket] of buckets) {
      const daysBefore = Math.max(0, day - bucketDay);
      if (daysBefore > settings.windowDays) continue;
      const isClose = daysBefore <= settings.closeDays;
      const mayBeLarge = basis === 'cost_center' && reach.large && isClose;
      for (const { requestId, currency, amountMinor, words: partWords } of bucket.parts) {
        const shares = sharesIntent(words, partWords, { isClose });
        if (!mayBeLarge && !(shares && reach.intent)) continue;
        if (requestId === own?.requestId) continue;
        parts.push({ requestId, currency, amountMinor, daysBefore, sharesIntent: shares });
      }
    }
    return parts;
  }

  #group(
    basis: RelatedGroup['basis'],
    buckets: ReadonlyMap<number, Day>,
    related: RelatedKeys,
    { settings, day, own }: NearQuery,
  ): Omit<RelatedGroup, 'parts'> {
    const totals = new Map<string, { minor: bigint; count: number }>();
    let refusedCount = 0;
    for (const [bucketDay, bucket] of buckets) {
      if (Math.max(0, day - bucketDay) > settings.windowDays) continue;
      refusedCount += bucket.refused;
      const isOwnDay = own !== null && bucketDay === related.day;
      for (const [currency, { minor, count }] of bucket.totals) {
        const former = totals.get(currency) ?? NONE;
        const less = isOwnDay && currency === own.currency ? { minor: own.amountMinor, count: 1 } : NONE;
        totals.set(currency, {
          minor: former.minor + minor - less.minor,
          count: former.count + count - less.count,
        });
      }
    }
    const summed = [...totals].flatMap(([currency, { minor, count }]) =>
      count > 0 ? [{ currency, amountMinor: minor, count }] : [],
    );
    return { basis, totals: summed, refusedCount };
  }

  #wordsOf(buckets: ReadonlyMap<number, Day>, day: number, requestId: string): readonly number[] {
    return buckets.get(day)?.parts.find((part) => part.requestId === requestId)?.words ?? [];
  }

  /** Rows to write. */
  get changed(): ChangedDay[] {
    return [...this.#changed.values()].map(({ key, day, entryId }) => {
      const bucket = this.#days.get(key)?.get(day);
      if (bucket === undefined) throw new Error('a changed day is in the working set');
      return { groupKey: key, day, purchases: storedDay(bucket), lastEntryId: entryId, isNew: bucket.isNew };
    });
  }

  #ofGroup(groupKey: string): Map<number, Day> {
    const known = this.#days.get(groupKey);
    if (known !== undefined) return known;
    const days = new Map<number, Day>();
    this.#days.set(groupKey, days);
    return days;
  }

  #changing(groupKey: string, day: number, entryId: bigint): Day {
    this.#changed.set(`${groupKey}|${day}`, { key: groupKey, day, entryId });
    const days = this.#ofGroup(groupKey);
    const known = days.get(day);
    if (known !== undefined) return known;
    const fresh: Day = { isNew: true, totals: new Map(), parts: [], refused: 0 };
    days.set(day, fresh);
    return fresh;
  }
}

/** In the order of their amounts; of equal ones the first stays. */
function keepLargest(parts: DayPart[], part: DayPart): void {
  let place = parts.length;
  while (place > 0 && (parts[place - 1]?.amountMinor ?? 0n) < part.amountMinor) place -= 1;
  if (place >= PARTS_A_DAY_MAX) return;
  parts.splice(place, 0, part);
  if (parts.length > PARTS_A_DAY_MAX) parts.pop();
}

const NONE = { minor: 0n, count: 0 };

/** Of a project, whose sum counts as a whole: its latest purchases by name, those that are most likely not charged yet. */
function examplesOf(buckets: ReadonlyMap<number, Day>, { settings, day, own }: NearQuery): RelatedPart[] {
  const examples: RelatedPart[] = [];
  for (const bucketDay of [...buckets.keys()].sort((a, b) => b - a)) {
    const daysBefore = Math.max(0, day - bucketDay);
    if (daysBefore > settings.windowDays) break;
    for (const { requestId, currency, amountMinor } of buckets.get(bucketDay)?.parts ?? []) {
      if (requestId === own?.requestId) continue;
      examples.push({ requestId, currency, amountMinor, daysBefore, sharesIntent: false });
      if (examples.length === PARTS_MAX) return examples;
    }
  }
  return examples;
}

/** Amounts of different currencies are not compared: the largest of each. */
function largestOf(parts: readonly RelatedPart[]): RelatedPart[] {
  const counts = new Map<string, number>();
  return [...parts].sort(largestFirst).filter(({ currency }) => {
    const count = (counts.get(currency) ?? 0) + 1;
    counts.set(currency, count);
    return count <= PARTS_MAX;
  });
}

function largestFirst(a: { amountMinor: bigint }, b: { amountMinor: bigint }): number {
  return a.amountMinor > b.amountMinor ? -1 : a.amountMinor < b.amountMinor ? 1 : 0;
}

function storedDay({ totals, parts, refused }: Day): StoredDay {
  return {
    t: Object.fromEntries(
      [...totals].map(([currency, { minor, count }]) => [currency, [minor.toString(), count]]),
    ),
    p: parts.map(({ requestId, currency, amountMinor, words }) => [
      requestId,
      currency,
      amountMinor.toString(),
      ...words,
    ]),
    r: refused,
  };
}

function dayOf({ t, p, r }: StoredDay): Day {
  return {
    isNew: false,
    totals: new Map(
      Object.entries(t).map(([currency, [minor, count]]) => [currency, { minor: BigInt(minor), count }]),
    ),
    parts: p.map(([requestId, currency, minor, ...words]) => ({
      requestId,
      currency,
      amountMinor: BigInt(minor),
      words,
    })),
    refused: r,
  };
}

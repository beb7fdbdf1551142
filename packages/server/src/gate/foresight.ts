// gate/foresight.ts: what the locked facts of a batch will most likely be: the balances as this process left them, the next
// entry ids, keys nobody has used, no earlier duplicate. A caller alone is decided on them while the database takes its
// locks, which saves it a round trip. Must never be trusted: the locked facts are compared before anything is committed.
import type { BatchFacts, BatchKeys, LockedFacts } from './load-facts.ts';
import type { RelatedDayRow } from './related-days.ts';
import type { WorkingBalance, WorkingSet } from './working-set.ts';

/** Commands in a batch that is decided ahead. A larger one hides the wait for its locks behind the answers of the last. */
const FORESEEN_MAX = 1;
/** Batches that look first after a wrong guess: somebody else is at work on the same rows. */
const LOOKS_AFTER_MISS = 16;
/** Groups of near purchases that are remembered. */
const GROUPS_MAX = 2_000;
/** A decision made this long before its locks were granted is made again: its time would not be that of its facts. */
const AHEAD_MAX_MS = 100;

export class Foresight {
  readonly #balances = new Map<bigint, WorkingBalance>();
  /** Group of near purchases -> its day buckets; the groups that were used last. */
  readonly #relatedDays = new Map<string, readonly RelatedDayRow[]>();
  #lastEntryId: bigint | null = null;
  #looks = 0;

  /** null: look first. */
  expect(size: number, keys: BatchKeys, configurationVersion: bigint): BatchFacts | null {
    if (size > FORESEEN_MAX || keys.steps.length > 0 || this.#lastEntryId === null) return null;
    if (keys.needsAllocations) return null; // another system may have sent a snapshot meanwhile
    if (this.#looks > 0) {
      this.#looks -= 1;
      return null;
    }
    const balances: WorkingBalance[] = [];
    for (const periodId of keys.periodIds) {
      const balance = this.#balances.get(periodId);
      if (balance === undefined) return null;
      balances.push(balance);
    }
    const relatedDays: RelatedDayRow[] = [];
    for (const groupKey of keys.related.groupKeys) {
      // A group that this process has not met is most likely new: if it is not, it is known after the miss.
      const days = this.#relatedDays.get(groupKey) ?? [];
      for (const day of days) if (day.day >= keys.related.sinceDay) relatedDays.push(day);
    }
    const entryIds: bigint[] = [];
    for (let next = 1; next <= keys.entryCountMax; next += 1) entryIds.push(this.#lastEntryId + BigInt(next));
    return {
      configurationVersion,
      entryIds,
      holders: [],
      balances,
      allocations: [],
      duplicates: new Map(),
      relatedDays,
      relatedStops: new Map(),
      purchases: [],
      signingPace: new Map(),
      privateTexts: new Map(),
    };
  }

  /** Whether a decision on `expected`, made at `decidedAtMs`, is the decision on what was locked, by `nowMs`. */
  confirm(
    expected: BatchFacts,
    locked: LockedFacts,
    { decidedAtMs, nowMs }: { readonly decidedAtMs: number; readonly nowMs: number },
  ): boolean {
    const isSame =
      nowMs - decidedAtMs <= AHEAD_MAX_MS &&
      locked.configurationVersion === expected.configurationVersion &&
      locked.entryIds.length === expected.entryIds.length &&
      locked.entryIds.every((entryId, index) => entryId === expected.entryIds[index]) &&
      !locked.hasTakenKeys &&
      locked.duplicates.size === 0 &&
      areSameBalances(expected.balances, locked.balances);
    if (!isSame) {
      this.#looks = LOOKS_AFTER_MISS;
      return false;
    }
    if (areSameDays(expected.relatedDays, locked.relatedDays)) return true;
    this.#learnRelated(locked.relatedDays, []);
    return false;
  }

  /** After a commit: what the batch left behind. */
  learn(size: number, locked: LockedFacts, working: WorkingSet): void {
    this.#balances.clear();
    this.#lastEntryId = null;
    if (size > FORESEEN_MAX) {
      this.#relatedDays.clear();
      return; // a gateway under load has nobody alone
    }
    this.#lastEntryId = locked.entryIds.at(-1) ?? null;
    this.#learnRelated(locked.relatedDays, working.related.changed);
    for (const { periodId } of locked.balances) {
      const balance = working.balance(periodId);
      if (balance !== undefined) this.#balances.set(periodId, balance);
    }
  }

  #learnRelated(locked: readonly RelatedDayRow[], changed: readonly RelatedDayRow[]): void {
    const byGroup = new Map<string, Map<number, RelatedDayRow>>();
    for (const row of [...locked, ...changed]) {
      const days = byGroup.get(row.groupKey) ?? new Map<number, RelatedDayRow>();
      byGroup.set(row.groupKey, days.set(row.day, row));
    }
    for (const [groupKey, days] of byGroup) {
      this.#relatedDays.delete(groupKey); // the newest stand last
      this.#relatedDays.set(groupKey, [...days.values()]);
    }
    for (const oldest of this.#relatedDays.keys()) {
      if (this.#relatedDays.size <= GROUPS_MAX) break;
      this.#relatedDays.delete(oldest);
    }
  }
}

function areSameDays(expected: readonly RelatedDayRow[], locked: readonly RelatedDayRow[]): boolean {
  if (expected.length !== locked.length) return false;
  if (expected.length === 0) return true;
  const byDay = new Map(locked.map((row) => [dayKey(row), row.lastEntryId]));
  return expected.every((row) => byDay.get(dayKey(row)) === row.lastEntryId);
}

function dayKey({ groupKey, day }: RelatedDayRow): string {
  return `${groupKey}|${day}`;
}

function areSameBalances(expected: readonly WorkingBalance[], locked: readonly WorkingBalance[]): boolean {
  if (expected.length !== locked.length) return false;
  const byPeriod = new Map(expected.map((balance) => [balance.periodId, balance]));
  return locked.every((balance) => {
    const wanted = byPeriod.get(balance.periodId);
    return wanted !== undefined && COUNTERS.every((counter) => balance[counter] === wanted[counter]);
  });
}

/** What of a period can change; the rest is fixed when it is opened. */
const COUNTERS = [
  'limitMinor',
  'pendingMinor',
  'committedMinor',
  'spentMinor',
  'overrunMinor',
] as const satisfies readonly (keyof WorkingBalance)[];

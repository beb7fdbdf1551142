// gate/foresight.ts: what the locked facts of a batch will most likely be: the balances as this process left them, the next
// entry ids, keys nobody has used, no earlier duplicate. A caller alone is decided on them while the database takes its
// locks, which saves it a round trip. Must never be trusted: the locked facts are compared before anything is committed.
import type { BatchFacts, BatchKeys, LockedFacts } from './load-facts.ts';
import type { WorkingBalance, WorkingSet } from './working-set.ts';

/** Commands in a batch that is decided ahead. A larger one hides the wait for its locks behind the answers of the last. */
const FORESEEN_MAX = 1;
/** Batches that look first after a wrong guess: somebody else is at work on the same rows. */
const LOOKS_AFTER_MISS = 16;
/** A decision made this long before its locks were granted is made again: its time would not be that of its facts. */
const AHEAD_MAX_MS = 100;

export class Foresight {
  readonly #balances = new Map<bigint, WorkingBalance>();
  #lastEntryId: bigint | null = null;
  #looks = 0;

  /** null: look first. */
  expect(size: number, keys: BatchKeys, configurationVersion: bigint): BatchFacts | null {
    if (size > FORESEEN_MAX || keys.steps.length > 0 || this.#lastEntryId === null) return null;
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
    const entryIds: bigint[] = [];
    for (let next = 1; next <= keys.entryCountMax; next += 1) entryIds.push(this.#lastEntryId + BigInt(next));
    return {
      configurationVersion,
      entryIds,
      holders: [],
      balances,
      duplicates: new Map(),
      purchases: [],
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
    if (!isSame) this.#looks = LOOKS_AFTER_MISS;
    return isSame;
  }

  /** After a commit: what the batch left behind. */
  learn(size: number, locked: LockedFacts, working: WorkingSet): void {
    this.#balances.clear();
    this.#lastEntryId = null;
    if (size > FORESEEN_MAX) return; // a gateway under load has nobody alone
    this.#lastEntryId = locked.entryIds.at(-1) ?? null;
    for (const { periodId } of locked.balances) {
      const balance = working.balance(periodId);
      if (balance !== undefined) this.#balances.set(periodId, balance);
    }
  }
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

// budget/assess-snapshot.ts: whether what another system says of a budget can be relied on. Pure.
// A snapshot that contradicts itself, its budget or the ones before it is kept, and makes the budget indeterminate: the
// amount that is really left is then not known, so nothing is approved on it (AG-642 4.7).

export interface BudgetSnapshot {
  readonly source: string;
  readonly currency: string;
  readonly allocatedMinor: bigint;
  readonly committedElsewhereMinor: bigint;
  readonly actualElsewhereMinor: bigint;
  readonly asOfMs: number;
}

export const CONTRADICTIONS = [
  'currency_differs',
  'as_of_in_the_future',
  'as_of_outside_any_period',
  'period_differs',
  'used_above_allocated',
  'older_than_the_last',
  'disagrees_at_the_same_moment',
] as const;

export type Contradiction = (typeof CONTRADICTIONS)[number];

/** Clocks of two systems are never quite the same. */
export const SNAPSHOT_AHEAD_MAX_MS = 5_000;

export interface SnapshotContext {
  readonly nowMs: number;
  readonly budgetCurrency: string;
  /** Start of the budget period in which `as_of` lies; null: it lies in none. */
  readonly periodStartsAtMs: number | null;
  /** Start of the period the snapshot says it is for; null: it does not say. */
  readonly saidPeriodStartsAtMs: number | null;
  /** The newest one of this budget that can be relied on. */
  readonly last: BudgetSnapshot | null;
  /** The last moment of which two said different things; null: there was none. Only a later one settles it. */
  readonly disputedAsOfMs: number | null;
}

/** In the order of CONTRADICTIONS; empty: it can be relied on. */
export function contradictionsOf(snapshot: BudgetSnapshot, context: SnapshotContext): Contradiction[] {
  const { last, periodStartsAtMs, saidPeriodStartsAtMs } = context;
  const usedMinor = snapshot.committedElsewhereMinor + snapshot.actualElsewhereMinor;
  const found: Record<Contradiction, boolean> = {
    currency_differs: snapshot.currency !== context.budgetCurrency,
    as_of_in_the_future: snapshot.asOfMs > context.nowMs + SNAPSHOT_AHEAD_MAX_MS,
    as_of_outside_any_period: periodStartsAtMs === null,
    period_differs: saidPeriodStartsAtMs !== null && saidPeriodStartsAtMs !== periodStartsAtMs,
    used_above_allocated: usedMinor > snapshot.allocatedMinor,
    older_than_the_last: last !== null && snapshot.asOfMs < last.asOfMs,
    disagrees_at_the_same_moment:
      snapshot.asOfMs === context.disputedAsOfMs ||
      (last !== null && snapshot.asOfMs === last.asOfMs && !areSameFigures(snapshot, last)),
  };
  return CONTRADICTIONS.filter((contradiction) => found[contradiction]);
}

export function areSameFigures(one: BudgetSnapshot, other: BudgetSnapshot): boolean {
  return (
    one.currency === other.currency &&
    one.allocatedMinor === other.allocatedMinor &&
    one.committedElsewhereMinor === other.committedElsewhereMinor &&
    one.actualElsewhereMinor === other.actualElsewhereMinor
  );
}

/** What purchases here may use of it: the allocation less what was used elsewhere. */
export function roomOfSnapshot(snapshot: BudgetSnapshot): bigint {
  return snapshot.allocatedMinor - snapshot.committedElsewhereMinor - snapshot.actualElsewhereMinor;
}

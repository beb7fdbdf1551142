// budget/allocation-facts.ts: what is known, at a decision, of a budget whose allocation is kept in another system.

export interface AllocationFacts {
  readonly budgetId: string;
  /** Of the newest snapshot of the period that can be relied on; null: there is none. */
  readonly asOfMs: number | null;
  /** How old a snapshot may be. */
  readonly freshnessMs: number;
  /** Why the snapshot that came last cannot be relied on; empty: it can. */
  readonly contradictions: readonly string[];
}

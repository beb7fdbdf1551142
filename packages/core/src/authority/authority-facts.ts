// authority/authority-facts.ts: the part of the published authority matrix that concerns one purchase. Data only.

export interface AuthorityFacts {
  readonly matrixVersion: number;
  /** The row that gives this agent its authority; null: none, so it has no authority. */
  readonly row: AuthorityRowFacts | null;
  /** Tiers for this category and jurisdiction, lowest limit first. */
  readonly tiers: readonly AuthorityTierFacts[];
}

export interface AuthorityRowFacts {
  readonly rowId: string;
  readonly limitMinor: bigint;
  readonly currency: string;
}

export interface AuthorityTierFacts {
  readonly tier: string;
  readonly limitMinor: bigint;
  readonly currency: string;
  /** Those who may sign now: active, and not the agent's owner. */
  readonly approvers: readonly string[];
  readonly quorum: number;
  readonly remindAfterMs: number | null;
  readonly escalateAfterMs: number | null;
}

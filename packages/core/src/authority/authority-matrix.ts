// authority/authority-matrix.ts: the delegation-of-authority matrix: who may spend how much alone, and who signs above it.
// Clause: AG-642 4.1; rows lapse by themselves (AG-010). Data only; see parse-authority-matrix.ts and match-authority.ts.
import type { CurrencyCode } from '../currency.ts';

/** `*` matches anything, and the absence of a category or jurisdiction too. */
export const ANY = '*';

export interface AuthorityMatrix {
  readonly version: number;
  /** Milliseconds since the epoch. */
  readonly effectiveFromMs: number;
  /** Rows of an agent, of a role, and of every agent: a matrix has thousands of rows, a purchase concerns few. */
  readonly rowsByAgent: ReadonlyMap<string, readonly AuthorityRow[]>;
  readonly rowsByRole: ReadonlyMap<string, readonly AuthorityRow[]>;
  readonly tiers: readonly AuthorityTier[];
}

export interface AuthorityRow {
  readonly rowId: string;
  /** Exactly one of the two is not null. `*` as the agent: every agent. */
  readonly agentId: string | null;
  readonly role: string | null;
  /** Lower case. */
  readonly category: string;
  /** Upper case. */
  readonly jurisdiction: string;
  readonly limitMinor: bigint;
  readonly currency: CurrencyCode;
  /** Milliseconds since the epoch; the row holds from the first and no longer at the second. null: always. */
  readonly validFromMs: number | null;
  readonly validUntilMs: number | null;
}

export interface AuthorityTier {
  readonly tier: string;
  readonly category: string;
  readonly jurisdiction: string;
  readonly limitMinor: bigint;
  readonly currency: CurrencyCode;
  readonly approvers: readonly TierApprover[];
  /** How many of the approvers must sign. */
  readonly quorum: number;
  readonly remindAfterMs: number | null;
  readonly escalateAfterMs: number | null;
}

export interface TierApprover {
  readonly approverId: string;
  /** Signs in the approver's place while it is their turn. */
  readonly substitute: {
    readonly approverId: string;
    readonly fromMs: number;
    readonly untilMs: number;
  } | null;
}

// authority/match-authority.ts: the row and the tiers of a matrix that concern one purchase. Pure; the most specific wins:
// the agent before its role before every agent, then the category, then the nearest jurisdiction (DE before EU before *).
import type { Action } from '../action.ts';
import type { AuthorityFacts } from './authority-facts.ts';
import { ANY, type AuthorityMatrix, type AuthorityRow, type AuthorityTier } from './authority-matrix.ts';

export interface AuthorityQuery {
  readonly action: Pick<Action, 'agentId' | 'category'>;
  readonly role: string | null;
  /** Nearest first, `*` last: see jurisdictionChain. */
  readonly jurisdictions: readonly string[];
  readonly atMs: number;
  /** Whether this principal may sign for this agent now: an active approver, and not the agent's owner. */
  readonly maySign: (principalId: string) => boolean;
}

export function matchAuthority(matrix: AuthorityMatrix, query: AuthorityQuery): AuthorityFacts {
  const row = matchRow(matrix, query);
  return {
    matrixVersion: matrix.version,
    row: row === null ? null : { rowId: row.rowId, limitMinor: row.limitMinor, currency: row.currency },
    tiers: matchTiers(matrix.tiers, query).map((tier) => ({
      tier: tier.tier,
      limitMinor: tier.limitMinor,
      currency: tier.currency,
      approvers: signersOf(tier, query),
      quorum: tier.quorum,
      remindAfterMs: tier.remindAfterMs,
      escalateAfterMs: tier.escalateAfterMs,
    })),
  };
}

const NO_ROWS: readonly AuthorityRow[] = [];
const RANKS = 1_000;

function matchRow(matrix: AuthorityMatrix, query: AuthorityQuery): AuthorityRow | null {
  const { rowsByAgent, rowsByRole } = matrix;
  const ofRole = query.role === null ? NO_ROWS : (rowsByRole.get(query.role) ?? NO_ROWS);
  return (
    mostSpecific(rowsByAgent.get(query.action.agentId) ?? NO_ROWS, query) ??
    mostSpecific(ofRole, query) ??
    mostSpecific(rowsByAgent.get(ANY) ?? NO_ROWS, query) ??
    mostSpecific(rowsByRole.get(ANY) ?? NO_ROWS, query)
  );
}

function mostSpecific(rows: readonly AuthorityRow[], query: AuthorityQuery): AuthorityRow | null {
  let best: AuthorityRow | null = null;
  let bestRank = -1;
  for (const row of rows) {
    if (row.validFromMs !== null && query.atMs < row.validFromMs) continue;
    if (row.validUntilMs !== null && query.atMs >= row.validUntilMs) continue;
    const rank = scopeRankOf(row, query);
    if (rank <= bestRank) continue;
    best = row;
    bestRank = rank;
  }
  return best;
}

/** Higher is more specific; -1: it does not concern the purchase. */
function scopeRankOf(
  { category, jurisdiction }: { readonly category: string; readonly jurisdiction: string },
  query: AuthorityQuery,
): number {
  const what = category === ANY ? 0 : category === query.action.category?.toLowerCase() ? 1 : -1;
  const where = query.jurisdictions.indexOf(jurisdiction);
  return what < 0 || where < 0 ? -1 : what * RANKS + (RANKS - 1 - where);
}

/** Of each name the most specific one. */
function matchTiers(tiers: readonly AuthorityTier[], query: AuthorityQuery): AuthorityTier[] {
  const best = new Map<string, { tier: AuthorityTier; rank: number }>();
  for (const tier of tiers) {
    const rank = scopeRankOf(tier, query);
    const former = best.get(tier.tier);
    if (rank >= 0 && (former === undefined || rank > former.rank)) best.set(tier.tier, { tier, rank });
  }
  return [...best.values()].map(({ tier }) => tier);
}

/** Those who may sign now; a substitute stands in only for an approver, and each person is there once. */
function signersOf(tier: AuthorityTier, { atMs, maySign }: AuthorityQuery): string[] {
  const signers = new Set<string>();
  for (const { approverId, substitute } of tier.approvers) {
    if (maySign(approverId)) signers.add(approverId);
    if (substitute === null || atMs < substitute.fromMs || atMs >= substitute.untilMs) continue;
    if (maySign(substitute.approverId)) signers.add(substitute.approverId);
  }
  return [...signers];
}

/** The matrix in effect at a time: of those whose date has come the one with the latest date, then the newest. */
export function matrixAt(matrices: readonly AuthorityMatrix[], atMs: number): AuthorityMatrix | null {
  let effective: AuthorityMatrix | null = null;
  for (const matrix of matrices) {
    if (matrix.effectiveFromMs > atMs) continue;
    if (
      effective === null ||
      matrix.effectiveFromMs > effective.effectiveFromMs ||
      (matrix.effectiveFromMs === effective.effectiveFromMs && matrix.version > effective.version)
    ) {
      effective = matrix;
    }
  }
  return effective;
}

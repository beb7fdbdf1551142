// gate/authority-body.ts: the authority of a decision as the log has it, and back. The tiers stand there only where one was
// looked for: each byte is written for every decision, for ever.
import type { AuthorityFacts, AuthorityTierFacts, Finding } from '@countersign/core';

import type { Json } from '../record/recorder.ts';

type StoredTier = readonly [
  tier: string,
  currency: string,
  limit: string,
  quorum: number,
  remindAfterMs: number | null,
  escalateAfterMs: number | null,
  ...approvers: string[],
];

/** As authorityBody wrote it. */
export interface StoredAuthority {
  readonly matrix: number;
  readonly row?: readonly [rowId: string, currency: string, limit: string];
  readonly tiers?: readonly StoredTier[];
}

/** undefined: no matrix is in force. */
export function authorityBody(authority: AuthorityFacts | null, findings: readonly Finding[]): Json {
  if (authority === null) return undefined;
  const { matrixVersion, row, tiers } = authority;
  const areTiersNeeded = findings.some(
    (finding) => TIERED.has(finding.control) && finding.reasonCode !== 'ok',
  );
  return {
    matrix: matrixVersion,
    row: row === null ? undefined : [row.rowId, row.currency, row.limitMinor.toString()],
    tiers: areTiersNeeded && tiers.length > 0 ? tiers.map(tierRow) : undefined,
  };
}

/** Controls that look for a tier. */
const TIERED: ReadonlySet<string> = new Set(['authority_limit', 'split_order']);

function tierRow(tier: AuthorityTierFacts): Json {
  return [
    tier.tier,
    tier.currency,
    tier.limitMinor.toString(),
    tier.quorum,
    tier.remindAfterMs,
    tier.escalateAfterMs,
    ...tier.approvers,
  ];
}

export function authorityOfBody(stored: StoredAuthority | undefined): AuthorityFacts | null {
  if (stored === undefined) return null;
  const { matrix, row, tiers = [] } = stored;
  return {
    matrixVersion: matrix,
    row: row === undefined ? null : { rowId: row[0], currency: row[1], limitMinor: BigInt(row[2]) },
    tiers: tiers.map(([tier, currency, limit, quorum, remindAfterMs, escalateAfterMs, ...approvers]) => ({
      tier,
      currency,
      limitMinor: BigInt(limit),
      quorum,
      remindAfterMs,
      escalateAfterMs,
      approvers,
    })),
  };
}

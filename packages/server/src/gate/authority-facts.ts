// gate/authority-facts.ts: what the authority matrix in force says of one purchase. Pure.
import { type AuthorityFacts, jurisdictionChain, matchAuthority, matrixAt } from '@countersign/core';

import type { Configuration } from './configuration.ts';
import type { ResolvedAction } from './resolve-action.ts';

/** null: no matrix is in force. */
export function authorityFacts(
  { action, agent }: ResolvedAction,
  jurisdiction: string | null,
  configuration: Configuration,
  atMs: number,
): AuthorityFacts | null {
  const matrix = matrixAt(configuration.authorityMatrices, atMs);
  if (matrix === null) return null;
  return matchAuthority(matrix, {
    action,
    role: agent.role,
    jurisdictions: jurisdictionChain(jurisdiction, atMs, configuration.regions),
    atMs,
    maySign: (principalId) => {
      const email = configuration.approvers.get(principalId);
      if (email === undefined) return false;
      const { owner } = agent;
      return owner !== principalId && (owner === null || owner.toLowerCase() !== email?.toLowerCase());
    },
  });
}

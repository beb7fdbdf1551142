// gate/sourcing-rows.ts: what sourcing rules were asked about, as the record keeps it: versions and ids alone. The documents
// are append-only, so a decision is made again from them. What is empty is left out.
import type { SourcingClaims, SourcingFacts } from '@countersign/core';

import type { Json } from '../record/recorder.ts';

/** As `sourcingRow` wrote it. */
export interface SourcingFactsRow {
  readonly framework?: readonly [frameworkId: string, version: number];
  readonly jurisdictions: readonly string[];
  readonly policies?: readonly (readonly [policyId: string, version: number])[];
  readonly tender?: readonly [tenderReference: string, version: number];
  readonly waivers?: readonly string[];
}

export function sourcingRow({ framework, jurisdictions, policies, tender, waivers }: SourcingFacts): Json {
  return {
    framework: framework === null ? undefined : [framework.frameworkId, framework.version],
    jurisdictions,
    policies:
      policies.length === 0 ? undefined : policies.map(({ policyId, version }) => [policyId, version]),
    tender: tender === null ? undefined : [tender.tenderReference, tender.version],
    waivers: waivers.length === 0 ? undefined : waivers.map(({ waiverId }) => waiverId),
  };
}

/** What the terms of a stored purchase cite and say of its value; null: nothing. */
export function claimsOfTerms(terms: Readonly<Record<string, unknown>>): SourcingClaims | null {
  const text = (name: string): string | null => (typeof terms[name] === 'string' ? terms[name] : null);
  const minor = (name: string): bigint | null => {
    const digits = text(name);
    return digits === null ? null : BigInt(digits);
  };
  return sourcingClaims({
    commitmentType: text('commitment_type'),
    tenderReference: text('tender_reference'),
    frameworkId: text('framework_id'),
    waiverId: text('waiver_id'),
    netMinor: minor('net_minor'),
    contractValueMinor: minor('contract_value_minor'),
  });
}

/** null: none of it says anything to a sourcing rule. */
export function sourcingClaims(
  given: Omit<SourcingClaims, 'commitmentType'> & { readonly commitmentType: string | null },
): SourcingClaims | null {
  const { tenderReference, frameworkId, waiverId, netMinor, contractValueMinor } = given;
  const { commitmentType: type } = given;
  const commitmentType = type === 'call_off' || type === 'blanket' ? type : null;
  const isSilent =
    tenderReference === null &&
    frameworkId === null &&
    waiverId === null &&
    netMinor === null &&
    contractValueMinor === null;
  if (isSilent) return null;
  return { commitmentType, tenderReference, frameworkId, waiverId, netMinor, contractValueMinor };
}

import { describe, expect, it } from 'vitest';

import { exampleBudget } from '../testing/example-facts.ts';
import {
  STAGES,
  exampleCeiling,
  exampleFramework,
  exampleSourcing,
  findingsOfControl,
} from '../testing/example-sourcing.ts';
import { exampleSupplier } from '../testing/example-supplier.ts';

const CONTROL = 'framework_call_off';
const claims = {
  commitmentType: 'call_off' as const,
  tenderReference: null,
  frameworkId: 'F-1',
  waiverId: null,
  netMinor: null,
  contractValueMinor: null,
};

function under(
  framework: Parameters<typeof exampleFramework>[0] | null,
  more: {
    readonly action?: object;
    readonly facts?: object;
    readonly ceiling?: object;
    readonly atMs?: number;
  } = {},
): string[] {
  const agreement = framework === null ? null : exampleFramework(framework);
  return findingsOfControl(
    CONTROL,
    { sourcing: claims, ...more.action },
    {
      sourcing: exampleSourcing({}, { framework: agreement }),
      budgets: [exampleBudget(), exampleCeiling('framework', 'F-1', more.ceiling)],
      ...more.facts,
    },
    more.atMs,
  ).map(({ reasonCode }) => reasonCode);
}

describe('framework_call_off', () => {
  it.each(STAGES)('passes within the ceiling and denies one minor unit above it, at %s', (stage) => {
    const facts = { stage };
    expect(under({}, { facts, ceiling: { pendingMinor: 90_000n } })).toEqual(['ok']);
    expect(under({}, { facts, ceiling: { pendingMinor: 90_001n } })).toEqual(['framework_ceiling_exceeded']);
    expect(under({ ceilingMinor: 9_999n }, { facts })).toEqual(['framework_ceiling_exceeded']);
  });

  it('limits one call-off', () => {
    expect(under({ perCallOffMaxMinor: 10_000n })).toEqual(['ok']);
    expect(under({ perCallOffMaxMinor: 9_999n })).toEqual(['framework_call_off_too_large']);
  });

  it('denies what is not for it', () => {
    expect(under(null)).toEqual(['framework_not_found']);
    expect(under({ supplier: 'another' })).toEqual(['framework_supplier_mismatch']);
    expect(under({ supplier: 'sup_acme' }, { facts: { supplier: exampleSupplier() } })).toEqual(['ok']);
    expect(under({ categories: ['paper'] })).toEqual(['framework_category_mismatch']);
    expect(under({ categories: ['paper'] }, { action: { category: 'Paper' } })).toEqual(['ok']);
    expect(under({ agents: ['agent_2'] })).toEqual(['framework_not_for_agent']);
    expect(under({ agents: ['agent_2'], teams: ['ops'] }, { action: { team: 'ops' } })).toEqual(['ok']);
    const action = { sourcing: { ...claims, commitmentType: null } };
    expect(under({}, { action })).toEqual(['framework_commitment_type']);
  });

  it('holds from its first millisecond to before its last', () => {
    const validity = { validFromMs: 1_000, validUntilMs: 2_000 };
    const at = (atMs: number): string[] => under(validity, { atMs });
    expect([at(999), at(1_000), at(1_999), at(2_000)]).toEqual([
      ['framework_not_valid'],
      ['ok'],
      ['ok'],
      ['framework_not_valid'],
    ]);
  });

  it('asks for a signature where call-offs are not approved in advance', () => {
    expect(under({ isPreApproved: false })).toEqual(['ok', 'framework_call_off_review']);
  });

  it('denies where what has been used is not known', () => {
    expect(under({}, { facts: { budgets: [exampleBudget()] } })).toEqual(['ceiling_indeterminate']);
  });
});

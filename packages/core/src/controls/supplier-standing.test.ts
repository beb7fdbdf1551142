import { describe, expect, it } from 'vitest';

import type { Stage } from '../action.ts';
import { decide } from '../decide.ts';
import { parsePolicy } from '../policy/parse-policy.ts';
import type { CompiledPolicy } from '../policy/rule.ts';
import type { SupplierFacts, SupplierReview } from '../suppliers/supplier-facts.ts';
import { EXAMPLE_NOW_MS, exampleAction, exampleFacts } from '../testing/example-facts.ts';

const SUPPLIER: SupplierFacts = {
  supplierId: 'acme',
  groupId: null,
  version: 3,
  standing: 'approved',
  sanctioned: false,
  country: 'DE',
  verification: 'verified',
  matchedBy: 'supplier_id',
  conflictsWith: null,
};
const REVIEW: SupplierReview = {
  supplierId: 'acme',
  version: 3,
  standing: 'prohibited',
  sanctioned: false,
  reason: 'similar_name',
  score: 92,
};
const STAGES: readonly Stage[] = ['request', 'execution', 'authorization'];

function policyOf(rule: object): CompiledPolicy {
  const parsed = parsePolicy({ policy_id: 'p', name: 'P', rules: [rule] }, 1);
  if (!parsed.ok) throw new Error('the policy parses');
  return parsed.policy;
}

const CAP = policyOf({
  rule_id: 'cap',
  rule_type: 'max_amount',
  parameters: { limit: 1_000, currency: 'USD' },
});

function decided(stage: Stage, facts: Parameters<typeof exampleFacts>[0]) {
  const { outcome, findings } = decide(
    exampleAction(),
    exampleFacts({ stage, policies: [CAP], ...facts }),
    EXAMPLE_NOW_MS,
  );
  const own = findings.filter(({ control }) => control === 'supplier_standing');
  return { outcome, codes: own.map(({ reasonCode }) => reasonCode), own };
}

describe.each(STAGES)('supplier_standing at %s', (stage) => {
  it.each(['preferred', 'approved', 'probation'] as const)('lets a supplier that is %s pass', (standing) => {
    expect(decided(stage, { supplier: { ...SUPPLIER, standing } })).toMatchObject({
      outcome: 'approved',
      codes: [],
    });
  });

  it.each([
    [{ standing: 'prohibited' }, ['supplier_prohibited']],
    [{ standing: 'suspended' }, ['supplier_suspended']],
    [{ sanctioned: true }, ['supplier_sanctioned']],
    [{ standing: 'prohibited', sanctioned: true }, ['supplier_sanctioned', 'supplier_prohibited']],
    [{ conflictsWith: 'other' }, ['supplier_conflict']],
  ] as const)('denies %j', (change, codes) => {
    const { outcome, codes: found, own } = decided(stage, { supplier: { ...SUPPLIER, ...change } });
    expect(outcome).toBe('denied');
    expect(found).toEqual(codes);
    for (const finding of own) {
      expect(finding.clause).toBe('AG-642 4.3');
      expect(finding.nextStep).not.toBeNull();
      expect(finding.observed).not.toBeNull();
    }
  });

  it('holds for a name that is like a flagged one, until somebody signs', () => {
    const held = decided(stage, { supplierReview: REVIEW });
    expect(held).toMatchObject({ outcome: 'held', codes: ['supplier_name_review'] });
    const signedSteps = [':supplier_standing:supplier_name_review'];
    expect(decided(stage, { supplierReview: REVIEW, signedSteps }).outcome).toBe('approved');
  });

  it('is not signed away: a denial stays one', () => {
    const signedSteps = [':supplier_standing:supplier_prohibited'];
    const supplier = { ...SUPPLIER, standing: 'prohibited' as const };
    expect(decided(stage, { supplier, signedSteps }).outcome).toBe('denied');
  });
});

describe('the country of a registered supplier', () => {
  const rule = {
    rule_id: 'geo',
    rule_type: 'geography_block',
    parameters: { blocked_countries: ['DE'] },
  };

  it('is used where the purchase names none, and only there', () => {
    const facts = exampleFacts({ policies: [policyOf(rule)], supplier: SUPPLIER });
    const outcomeOf = (country: string | null, supplier: SupplierFacts | null) =>
      decide(exampleAction({ country }), { ...facts, supplier }, EXAMPLE_NOW_MS).findings.find(
        ({ ruleId }) => ruleId === 'geo',
      )?.reasonCode;
    expect(outcomeOf(null, SUPPLIER)).toBe('blocked_geography');
    expect(outcomeOf('FR', SUPPLIER)).toBe('ok');
    expect(outcomeOf(null, null)).not.toBe('ok');
    expect(outcomeOf(null, { ...SUPPLIER, country: null })).not.toBe('ok');
  });
});

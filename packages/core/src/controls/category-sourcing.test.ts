import { describe, expect, it } from 'vitest';

import {
  STAGES,
  exampleFramework,
  exampleSourcing,
  exampleTender,
  sayingsOf,
} from '../testing/example-sourcing.ts';
import { exampleSupplier } from '../testing/example-supplier.ts';

const CONTROL = 'category_sourcing';
const violated = ['deny category_rule_violated'];
const rule = (more: object): object => ({ category_rules: [{ category: 'chemicals', ...more }] });
const action = { category: 'Chemicals' };
const claims = {
  commitmentType: null,
  tenderReference: null,
  frameworkId: null,
  waiverId: null,
  netMinor: null,
  contractValueMinor: null,
};

describe('category_sourcing', () => {
  it.each(STAGES)('blocks a category, at %s', (stage) => {
    const facts = { stage, sourcing: exampleSourcing(rule({ blocked: true })) };
    expect(sayingsOf(CONTROL, action, facts)).toEqual(violated);
    expect(sayingsOf(CONTROL, { category: 'food' }, facts)).toEqual([]);
    expect(sayingsOf(CONTROL, { category: null }, facts)).toEqual(['deny evidence_missing']);
  });

  it('asks for a verification at least as good', () => {
    const sourcing = exampleSourcing(rule({ required_verification: 'pending' }));
    const under = (verification: 'failed' | 'unverified' | 'pending' | 'verified') =>
      sayingsOf(CONTROL, action, { sourcing, supplier: exampleSupplier({ verification }) });
    expect(under('verified')).toEqual(['pass ok']);
    expect(under('pending')).toEqual(['pass ok']);
    expect(under('unverified')).toEqual(violated);
    expect(under('failed')).toEqual(violated);
    expect(sayingsOf(CONTROL, action, { sourcing })).toEqual(['deny evidence_missing']);
  });

  it('asks for one of its suppliers', () => {
    const sourcing = exampleSourcing(rule({ allowed_suppliers: ['vendor_acme'] }));
    expect(sayingsOf(CONTROL, action, { sourcing })).toEqual(['pass ok']);
    expect(sayingsOf(CONTROL, { ...action, counterparty: 'vendor_b' }, { sourcing })).toEqual(violated);
  });

  it('asks for a tender or a framework agreement', () => {
    const needsTender = rule({ requires: 'tender', on_violation: 'hold' });
    expect(sayingsOf(CONTROL, action, { sourcing: exampleSourcing(needsTender) })).toEqual([
      'hold category_rule_violated',
    ]);
    const tendered = exampleSourcing(needsTender, { tender: exampleTender() });
    expect(sayingsOf(CONTROL, action, { sourcing: tendered })).toEqual(['pass ok']);
    const needsFramework = rule({ requires: 'framework' });
    const sourcing = exampleSourcing(needsFramework, { framework: exampleFramework() });
    const callOff = { ...claims, commitmentType: 'call_off' as const, frameworkId: 'F-1' };
    expect(sayingsOf(CONTROL, { ...action, sourcing: callOff }, { sourcing })).toEqual(['pass ok']);
    const noCallOff = { ...claims, frameworkId: 'F-1' };
    expect(sayingsOf(CONTROL, { ...action, sourcing: noCallOff }, { sourcing })).toEqual(violated);
  });
});

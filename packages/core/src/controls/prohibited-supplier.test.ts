import { describe, expect, it } from 'vitest';

import { STAGES, exampleSourcing, sayingsOf } from '../testing/example-sourcing.ts';
import { exampleSupplier } from '../testing/example-supplier.ts';

const CONTROL = 'prohibited_supplier';
const POLICY = { prohibited_suppliers: ['*.blocked.example', 'blocked.example', 'sup_bad', 'grp_bad'] };

describe('prohibited_supplier', () => {
  it.each(STAGES)('denies whatever name it goes by, at %s', (stage) => {
    const facts = { stage, sourcing: exampleSourcing(POLICY) };
    const denied = ['deny supplier_prohibited'];
    expect(sayingsOf(CONTROL, { counterparty: 'Blocked.Example' }, facts)).toEqual(denied);
    expect(sayingsOf(CONTROL, { counterparty: 'www.blocked.example' }, facts)).toEqual(denied);
    expect(sayingsOf(CONTROL, { counterparty: 'shop.blocked.example' }, facts)).toEqual(denied);
    expect(sayingsOf(CONTROL, { merchantDomain: 'shop.blocked.example' }, facts)).toEqual(denied);
    const supplier = exampleSupplier({ supplierId: 'sup_bad' });
    expect(sayingsOf(CONTROL, {}, { ...facts, supplier })).toEqual(denied);
    const grouped = exampleSupplier({ groupId: 'grp_bad' });
    expect(sayingsOf(CONTROL, {}, { ...facts, supplier: grouped })).toEqual(denied);
  });

  it('passes others, and says against how many it looked', () => {
    const facts = { sourcing: exampleSourcing(POLICY) };
    expect(sayingsOf(CONTROL, { counterparty: 'notblocked.example' }, facts)).toEqual(['pass ok']);
    expect(sayingsOf(CONTROL, {}, { sourcing: exampleSourcing({}) })).toEqual([]);
  });

  it('does not pass a vendor it cannot compare, but as the policy says', () => {
    const action = { counterparty: 'blocked example' };
    const under = (onMissing: string) =>
      sayingsOf(CONTROL, action, { sourcing: exampleSourcing({ ...POLICY, on_missing: onMissing }) });
    expect(sayingsOf(CONTROL, action, { sourcing: exampleSourcing(POLICY) })).toEqual([
      'deny evidence_missing',
    ]);
    expect(under('hold')).toEqual(['hold evidence_missing']);
    expect(under('ignore')).toEqual(['pass evidence_ignored']);
  });

  it('holds where the section says so', () => {
    const sourcing = exampleSourcing({ ...POLICY, on_violation: { prohibited_suppliers: 'hold' } });
    expect(sayingsOf(CONTROL, { counterparty: 'sup_bad' }, { sourcing })).toEqual([
      'hold supplier_prohibited',
    ]);
  });
});

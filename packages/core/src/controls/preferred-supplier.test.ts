import { describe, expect, it } from 'vitest';

import { STAGES, exampleSourcing, sayingsOf } from '../testing/example-sourcing.ts';
import { exampleSupplier } from '../testing/example-supplier.ts';

const CONTROL = 'preferred_supplier';
const POLICY = {
  preferred_suppliers: [{ category: 'Paper', suppliers: ['paper.example', 'sup_paper', 'grp_paper'] }],
};

describe('preferred_supplier', () => {
  it.each(STAGES)('admits by identifier alone, at %s', (stage) => {
    const facts = { stage, sourcing: exampleSourcing(POLICY) };
    const category = ' paper ';
    expect(sayingsOf(CONTROL, { category, counterparty: 'paper.example' }, facts)).toEqual(['pass ok']);
    for (const counterparty of ['paper', 'Sup_Paper', 'shop.paper.example', 'paper.example.evil']) {
      const said = sayingsOf(CONTROL, { category, counterparty }, facts);
      expect(said, counterparty).toEqual(['deny not_a_preferred_supplier']);
    }
    for (const change of [{ supplierId: 'sup_paper' }, { groupId: 'grp_paper' }]) {
      const supplier = exampleSupplier(change);
      expect(sayingsOf(CONTROL, { category }, { ...facts, supplier })).toEqual(['pass ok']);
    }
  });

  it('speaks of the categories that have a list', () => {
    const sourcing = exampleSourcing(POLICY);
    expect(sayingsOf(CONTROL, { category: 'ink' }, { sourcing })).toEqual([]);
    expect(sayingsOf(CONTROL, { category: null }, { sourcing })).toEqual(['deny evidence_missing']);
    const any = exampleSourcing({
      preferred_suppliers: [
        ...POLICY.preferred_suppliers,
        { category: '*', suppliers: ['sup_all'], on_violation: 'hold' },
      ],
    });
    const held = ['hold not_a_preferred_supplier'];
    expect(sayingsOf(CONTROL, { category: null }, { sourcing: any })).toEqual(held);
    expect(sayingsOf(CONTROL, { category: 'ink' }, { sourcing: any })).toEqual(held);
    expect(sayingsOf(CONTROL, { category: 'ink', counterparty: 'sup_all' }, { sourcing: any })).toEqual([
      'pass ok',
    ]);
    expect(sayingsOf(CONTROL, { category: 'paper', counterparty: 'sup_all' }, { sourcing: any })).toEqual([
      'deny not_a_preferred_supplier',
    ]);
  });
});

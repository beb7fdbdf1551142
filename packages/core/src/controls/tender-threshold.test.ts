import { describe, expect, it } from 'vitest';

import type { RelatedFacts } from '../related/related-facts.ts';
import { NOT_RELATED } from '../related/related-facts.ts';
import { EXAMPLE_NOW_MS, exampleBudget } from '../testing/example-facts.ts';
import {
  STAGES,
  exampleCeiling,
  exampleFramework,
  exampleSourcing,
  exampleTender,
  exampleWaiver,
  findingsOfControl,
  sayingsOf,
} from '../testing/example-sourcing.ts';
import { exampleSupplier } from '../testing/example-supplier.ts';

const CONTROL = 'tender_threshold';
const LIMIT = { amount: '100.00', currency: 'USD' };
const POLICY = { tender_thresholds: [{ jurisdiction: 'DE', category: 'works', ...LIMIT }] };
const works = { category: 'works' };
const above = { ...works, amountMinor: 10_001n };
const claims = {
  commitmentType: null,
  tenderReference: null,
  frameworkId: null,
  waiverId: null,
  netMinor: null,
  contractValueMinor: null,
};

/** Earlier purchases for the same project. */
function together(amountMinor: bigint, requestId = 'preq_first'): RelatedFacts {
  const part = { requestId, currency: 'USD', amountMinor, daysBefore: 0, sharesIntent: false };
  const totals = [{ currency: 'USD', amountMinor, count: 1 }];
  return { ...NOT_RELATED, groups: [{ basis: 'project', totals, parts: [part], refusedCount: 0 }] };
}

describe('tender_threshold', () => {
  it.each(STAGES)('is passed at the threshold and not one minor unit above it, at %s', (stage) => {
    const facts = { stage, sourcing: exampleSourcing(POLICY) };
    expect(sayingsOf(CONTROL, { ...works, amountMinor: 10_000n }, facts)).toEqual(['pass ok']);
    expect(sayingsOf(CONTROL, above, facts)).toEqual(['deny tender_required']);
  });

  it('sees the sum, and names what it belongs to', () => {
    const facts = { sourcing: exampleSourcing(POLICY), related: together(6_000n) };
    expect(sayingsOf(CONTROL, { ...works, amountMinor: 4_000n }, facts)).toEqual(['pass ok']);
    const [finding] = findingsOfControl(CONTROL, { ...works, amountMinor: 4_001n }, facts);
    expect(finding).toMatchObject({
      outcome: 'deny',
      reasonCode: 'split_order_detected',
      clause: 'AG-642 4.4',
      observed: '100.01 USD',
      relatedRequestIds: ['preq_first'],
    });
    expect(sayingsOf(CONTROL, above, facts)).toEqual(['deny tender_required']);
  });

  it('sees the estimated value of the contract where that is larger', () => {
    const facts = { sourcing: exampleSourcing(POLICY) };
    const under = (contractValueMinor: bigint) =>
      sayingsOf(CONTROL, { ...works, sourcing: { ...claims, contractValueMinor } }, facts);
    expect(under(10_000n)).toEqual(['pass ok']);
    expect(under(10_001n)).toEqual(['deny tender_required']);
  });

  it('sees the net amount where it says so, if that is to be believed', () => {
    const tender_thresholds = [{ ...LIMIT, basis: 'net' }];
    const facts = { sourcing: exampleSourcing({ tender_thresholds }) };
    const under = (netMinor: bigint | null) =>
      sayingsOf(CONTROL, { amountMinor: 12_000n, sourcing: { ...claims, netMinor } }, facts);
    expect(under(10_000n)).toEqual(['pass ok']);
    expect(under(10_001n)).toEqual(['deny tender_required']);
    for (const net of [null, 7_999n, 12_001n])
      expect(under(net), String(net)).toEqual(['deny tender_required']);
  });

  it('takes the nearest jurisdiction, then the category', () => {
    const tender_thresholds = [
      { jurisdiction: 'DE', category: 'works', amount: '10.00', currency: 'USD' },
      { jurisdiction: 'EU', category: '*', amount: '20.00', currency: 'USD' },
      { jurisdiction: '*', category: 'works', amount: '30.00', currency: 'USD' },
    ];
    const limitOf = (jurisdictions: readonly string[], category: string | null) =>
      findingsOfControl(
        CONTROL,
        { category, amountMinor: 1n },
        { sourcing: exampleSourcing({ tender_thresholds }, { jurisdictions }) },
      )[0]?.limit;
    expect(limitOf(['DE', 'EU', '*'], 'WORKS')).toBe('10.00 USD gross (DE, works)');
    expect(limitOf(['DE', 'EU', '*'], 'paper')).toBe('20.00 USD gross (EU)');
    expect(limitOf(['DE', 'EU', '*'], null)).toBe('20.00 USD gross (EU)');
    expect(limitOf(['US', '*'], 'works')).toBe('30.00 USD gross (works)');
    expect(limitOf(['US', '*'], 'paper')).toBeUndefined();
  });

  it('does not pass what might be above a threshold, for want of a category or a jurisdiction', () => {
    const noCategory = { category: null };
    const facts = { sourcing: exampleSourcing(POLICY) };
    expect(sayingsOf(CONTROL, { ...noCategory, amountMinor: 10_000n }, facts)).toEqual([]);
    expect(sayingsOf(CONTROL, { ...noCategory, amountMinor: 10_001n }, facts)).toEqual([
      'deny evidence_missing',
    ]);
    const nowhere = (more: object = {}) => ({
      sourcing: exampleSourcing({ ...POLICY, ...more }, { jurisdictions: ['*'] }),
    });
    expect(sayingsOf(CONTROL, above, nowhere())).toEqual(['deny evidence_missing']);
    expect(sayingsOf(CONTROL, above, nowhere({ on_missing: 'hold' }))).toEqual(['hold evidence_missing']);
    expect(sayingsOf(CONTROL, { ...above, category: 'paper' }, nowhere())).toEqual([]);
  });

  it('does not compare without an exchange rate', () => {
    const tender_thresholds = [{ amount: '100', currency: 'EUR' }];
    expect(sayingsOf(CONTROL, works, { sourcing: exampleSourcing({ tender_thresholds }) })).toEqual([
      'deny exchange_rate_missing',
    ]);
  });
});

describe('a cited tender', () => {
  const cited = { ...above, sourcing: { ...claims, tenderReference: 'T-1' } };
  const under = (
    tender: Parameters<typeof exampleTender>[0],
    more: { readonly ceiling?: object; readonly atMs?: number; readonly facts?: object } = {},
  ) =>
    sayingsOf(
      CONTROL,
      cited,
      {
        sourcing: exampleSourcing(POLICY, { tender: exampleTender(tender) }),
        budgets: [exampleBudget(), exampleCeiling('tender', 'T-1', more.ceiling)],
        ...more.facts,
      },
      more.atMs,
    );
  const covered = ['pass ok', 'pass tendered'];
  const invalid = ['deny tender_invalid', 'deny tender_required'];

  it('covers what is above the threshold', () => {
    expect(under({})).toEqual(covered);
    expect(under({ winner: 'sup_acme' })).toEqual(invalid);
    expect(under({ winner: 'sup_acme' }, { facts: { supplier: exampleSupplier() } })).toEqual(covered);
    const supplier = exampleSupplier({ groupId: 'grp' });
    expect(under({ winner: 'grp' }, { facts: { supplier } })).toEqual(covered);
  });

  it('holds from its first millisecond to before its last', () => {
    const validity = { validFromMs: 1_000, validUntilMs: 2_000 };
    expect(under(validity, { atMs: 999 })).toEqual(invalid);
    expect(under(validity, { atMs: 1_000 })).toEqual(covered);
    expect(under(validity, { atMs: 1_999 })).toEqual(covered);
    expect(under(validity, { atMs: 2_000 })).toEqual(invalid);
  });

  it('holds for its category and jurisdiction', () => {
    expect(under({ category: 'works' })).toEqual(covered);
    expect(under({ category: 'paper' })).toEqual(invalid);
    expect(under({ jurisdiction: 'EU' })).toEqual(covered);
    expect(under({ jurisdiction: 'FR' })).toEqual(invalid);
  });

  it('covers up to its ceiling, its own reservation aside', () => {
    const used = 100_000n - above.amountMinor;
    expect(under({}, { ceiling: { committedMinor: used } })).toEqual(covered);
    const exceeded = ['deny tender_ceiling_exceeded', 'deny tender_required'];
    expect(under({}, { ceiling: { committedMinor: used + 1n } })).toEqual(exceeded);
    const own = { committedMinor: used + 1n + above.amountMinor, ownMinor: above.amountMinor };
    expect(under({}, { ceiling: own })).toEqual(exceeded);
    expect(under({}, { ceiling: { ...own, committedMinor: used + above.amountMinor } })).toEqual(covered);
  });

  it('that is not recorded denies, also below the threshold', () => {
    const facts = { sourcing: exampleSourcing(POLICY) };
    expect(sayingsOf(CONTROL, { ...cited, amountMinor: 1n }, facts)).toEqual([
      'deny tender_invalid',
      'pass ok',
    ]);
  });
});

describe('a waiver', () => {
  const under = (
    waivers: readonly Parameters<typeof exampleWaiver>[0][],
    more: {
      readonly ceiling?: object;
      readonly facts?: object;
      readonly action?: object;
      readonly atMs?: number;
    } = {},
  ) =>
    findingsOfControl(
      CONTROL,
      { ...above, ...more.action },
      {
        sourcing: exampleSourcing(POLICY, { waivers: waivers.map(exampleWaiver) }),
        budgets: [
          exampleBudget(),
          ...waivers.map((waiver) => exampleCeiling('waiver', waiver?.waiverId ?? 'wvr_1', more.ceiling)),
        ],
        ...more.facts,
      },
      more.atMs,
    ).map(({ reasonCode, waiverId }) => waiverId ?? reasonCode);

  it('covers in place of a tender, the first that can', () => {
    expect(under([{}])).toEqual(['wvr_1']);
    expect(under([{ supplier: 'another' }, { waiverId: 'wvr_2' }])).toEqual(['wvr_2']);
    expect(under([{ agentId: 'agent_2' }])).toEqual(['tender_required']);
    expect(under([{ category: 'paper' }])).toEqual(['tender_required']);
    expect(under([{ jurisdiction: 'FR' }])).toEqual(['tender_required']);
    expect(under([{ upToMinor: 10_000n }, { waiverId: 'wvr_2', upToMinor: 10_001n }])).toEqual(['wvr_2']);
  });

  it('that is cited is the only one looked at', () => {
    const action = { sourcing: { ...claims, waiverId: 'wvr_2' } };
    expect(under([{}, { waiverId: 'wvr_2' }], { action })).toEqual(['wvr_2']);
    expect(under([{}], { action })).toEqual(['tender_required']);
  });

  it('covers the sum, not a part of it', () => {
    const action = { amountMinor: 5_000n };
    const facts = { related: together(6_000n) };
    expect(under([{ upToMinor: 11_000n }], { action, facts })).toEqual(['wvr_1']);
    expect(under([{ upToMinor: 10_999n }], { action, facts })).toEqual(['split_order_detected']);
  });

  it('lapses to the millisecond, and is used up', () => {
    const lapsing = [{ validUntilMs: EXAMPLE_NOW_MS + 1 }];
    expect(under(lapsing)).toEqual(['wvr_1']);
    expect(under(lapsing, { atMs: EXAMPLE_NOW_MS + 1 })).toEqual(['tender_required']);
    const used = 100_000n - above.amountMinor;
    expect(under([{}], { ceiling: { spentMinor: used } })).toEqual(['wvr_1']);
    expect(under([{}], { ceiling: { spentMinor: used + 1n } })).toEqual(['tender_required']);
  });

  it('covers at the till only what was approved on it', () => {
    const facts = { stage: 'authorization' };
    expect(under([{}], { facts })).toEqual(['tender_required']);
    const own = { committedMinor: above.amountMinor, ownMinor: above.amountMinor };
    expect(under([{}], { facts, ceiling: own })).toEqual(['wvr_1']);
  });
});

describe('a call-off', () => {
  it('needs no tender, whatever it belongs to', () => {
    const sourcing = exampleSourcing(POLICY, { framework: exampleFramework() });
    const callOff = { ...claims, commitmentType: 'call_off' as const, frameworkId: 'F-1' };
    expect(sayingsOf(CONTROL, { ...above, sourcing: callOff }, { sourcing })).toEqual([]);
    const purchase = { ...callOff, commitmentType: null };
    expect(sayingsOf(CONTROL, { ...above, sourcing: purchase }, { sourcing })).toEqual([
      'deny tender_required',
    ]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { AuthorityFacts, AuthorityTierFacts } from '../authority/authority-facts.ts';
import { stepKey } from '../decide.ts';
import type { DecisionFacts } from '../decision-facts.ts';
import type { Finding } from '../finding.ts';
import type { RelatedFacts } from '../related/related-facts.ts';
import { DEFAULT_RELATION_SETTINGS } from '../related/relation-settings.ts';
import { EXAMPLE_NOW_MS, exampleAction, exampleFacts } from '../testing/example-facts.ts';
import { authorityLimit } from './authority-limit.ts';

const tier = (changes: Partial<AuthorityTierFacts> = {}): AuthorityTierFacts => ({
  tier: 'manager',
  limitMinor: 50_000n,
  currency: 'USD',
  approvers: ['ann', 'bob'],
  quorum: 1,
  remindAfterMs: null,
  escalateAfterMs: null,
  ...changes,
});

const authority = (changes: Partial<AuthorityFacts> = {}): AuthorityFacts => ({
  matrixVersion: 1,
  row: { rowId: 'row_1', limitMinor: 10_000n, currency: 'USD' },
  tiers: [tier(), tier({ tier: 'board', limitMinor: 200_000n, quorum: 2 })],
  ...changes,
});

/** Earlier purchases of the same project, in USD. */
const related = (minor: bigint): RelatedFacts => ({
  settings: DEFAULT_RELATION_SETTINGS,
  stopped: null,
  groups: [
    {
      basis: 'project',
      totals: [{ currency: 'USD', amountMinor: minor, count: 1 }],
      parts: [
        { requestId: 'preq_1', currency: 'USD', amountMinor: minor, daysBefore: 0, sharesIntent: false },
      ],
      refusedCount: 0,
    },
  ],
});

function findingOf(amountMinor: bigint, changes: Partial<DecisionFacts> = {}): Finding | undefined {
  const facts = exampleFacts({ authority: authority(), ...changes });
  return authorityLimit.evaluate(exampleAction({ amountMinor }), facts, EXAMPLE_NOW_MS)[0];
}

function assertFinding(): never {
  throw new Error('the control said nothing');
}

describe('the authority limit', () => {
  it('does not speak without a matrix', () => {
    expect(findingOf(1_000_000n, { authority: null })).toBeUndefined();
  });

  it.each<[bigint, string, string, string | null]>([
    [10_000n, 'pass', 'ok', null],
    [10_001n, 'hold', 'above_autonomous_limit', 'manager'],
    [50_000n, 'hold', 'above_autonomous_limit', 'manager'],
    [50_001n, 'hold', 'above_autonomous_limit', 'board'],
    [200_000n, 'hold', 'above_autonomous_limit', 'board'],
    [200_001n, 'deny', 'above_top_tier', null],
  ])('at %s is %s, %s', (amountMinor, outcome, reasonCode, tierName) => {
    const finding = findingOf(amountMinor);
    expect(finding).toMatchObject({ outcome, reasonCode });
    expect(finding?.routing?.tier ?? null).toBe(tierName);
  });

  it('lets an own authority above the top tier stand: nobody signs beyond the higher of the two', () => {
    const row = { rowId: 'row_1', limitMinor: 300_000n, currency: 'USD' };
    expect(findingOf(300_000n, { authority: authority({ row }) })?.outcome).toBe('pass');
    expect(findingOf(300_001n, { authority: authority({ row }) })?.outcome).toBe('deny');
  });

  it('denies an agent without a row', () => {
    expect(findingOf(1n, { authority: authority({ row: null }) })).toMatchObject({
      outcome: 'deny',
      reasonCode: 'no_authority',
    });
  });

  it('sees the sum of related purchases, and says so', () => {
    expect(findingOf(6_000n, { related: related(4_000n) })).toMatchObject({
      outcome: 'pass',
      observed: '100.00 USD',
    });
    expect(findingOf(6_000n, { related: related(4_001n) })).toMatchObject({
      outcome: 'hold',
      reasonCode: 'split_order_detected',
      clause: 'AG-642 4.4',
      relatedRequestIds: ['preq_1'],
    });
    expect(findingOf(6_000n, { related: related(195_000n) })?.reasonCode).toBe('above_top_tier');
  });

  it('passes over a tier too few of whose approvers may sign, and denies when none is left', () => {
    const tiers = [tier({ approvers: [] }), tier({ tier: 'board', limitMinor: 200_000n, quorum: 2 })];
    expect(findingOf(20_000n, { authority: authority({ tiers }) })?.routing?.tier).toBe('board');
    const none = tiers.map((each) => ({ ...each, approvers: ['ann'], quorum: 2 }));
    expect(findingOf(20_000n, { authority: authority({ tiers: none }) })).toMatchObject({
      outcome: 'deny',
      reasonCode: 'no_eligible_approver',
    });
  });

  it('denies what it cannot compare', () => {
    const row = { rowId: 'row_1', limitMinor: 10_000n, currency: 'EUR' };
    expect(findingOf(1n, { authority: authority({ row }) })).toMatchObject({
      outcome: 'deny',
      reasonCode: 'exchange_rate_missing',
      clause: 'AG-642 4.7',
    });
  });

  it('asks for another signature where another tier has become the right one', () => {
    const keyAt = (amountMinor: bigint): string => stepKey(findingOf(amountMinor) ?? assertFinding());
    expect(keyAt(20_000n)).toBe(keyAt(30_000n));
    expect(keyAt(20_000n)).not.toBe(keyAt(60_000n));
  });

  it('never lets through with a lower limit, or with more that is related, what it did not before', () => {
    const amounts = fc.bigInt({ min: 0n, max: 300_000n });
    const rank = { pass: 0, hold: 1, deny: 2 } as const;
    fc.assert(
      fc.property(amounts, amounts, amounts, amounts, (amountMinor, sum, limitMinor, less) => {
        const with_ = (limit: bigint, near: bigint): number =>
          rank[
            findingOf(amountMinor, {
              related: related(near),
              authority: authority({ row: { rowId: 'r', limitMinor: limit, currency: 'USD' } }),
            })?.outcome ?? 'deny'
          ];
        const lower = limitMinor > less ? limitMinor - less : 0n;
        expect(with_(lower, sum)).toBeGreaterThanOrEqual(with_(limitMinor, sum));
        expect(with_(limitMinor, sum + less)).toBeGreaterThanOrEqual(with_(limitMinor, sum));
      }),
    );
  });
});

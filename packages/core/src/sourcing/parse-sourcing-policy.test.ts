import { describe, expect, it } from 'vitest';

import { parseSourcingPolicy } from './parse-sourcing-policy.ts';
import { parseFramework, parseTender, parseWaiver } from './parse-sourcing-records.ts';

function faultsOf(document: unknown, policyId = 'pol'): string[] {
  const parsed = parseSourcingPolicy(policyId, document, 1);
  return parsed.ok ? [] : parsed.faults.map(({ pointer, code }) => `${pointer} ${code}`);
}

describe('parseSourcingPolicy', () => {
  it('takes what it documents, and its defaults', () => {
    const parsed = parseSourcingPolicy('pol', {}, 3);
    if (!parsed.ok) throw new Error('it must parse');
    expect(parsed.policy).toMatchObject({
      version: 3,
      appliesTo: { everyone: true },
      relation: { windowDays: 30, intentSharePercent: 10, largeSharePercent: 50, closeDays: 7 },
      onViolation: { tender_thresholds: 'deny', countries: 'deny' },
      onMissing: { tender_thresholds: 'deny', countries: 'deny' },
    });
  });

  it.each([
    ['a list', [], [' wrong_type']],
    ['an unknown field', { tender_treshold: [] }, ['/tender_treshold unknown_field']],
    [
      'a threshold of zero',
      { tender_thresholds: [{ amount: 0, currency: 'GBP' }] },
      ['/tender_thresholds/0/amount amount_is_zero'],
    ],
    [
      'an unknown currency',
      { tender_thresholds: [{ amount: 1, currency: 'XXQ' }] },
      ['/tender_thresholds/0/currency unknown_currency'],
    ],
    [
      'more digits than the currency has',
      { tender_thresholds: [{ amount: '1.5', currency: 'JPY' }] },
      ['/tender_thresholds/0/amount amount_too_precise'],
    ],
    [
      'the same jurisdiction and category twice',
      {
        tender_thresholds: [
          { jurisdiction: 'gb', category: 'Works ', amount: 1, currency: 'GBP' },
          { jurisdiction: 'GB', category: 'works', amount: 2, currency: 'GBP' },
        ],
      },
      ['/tender_thresholds/1 duplicate_threshold'],
    ],
    [
      'two lists for one category',
      { preferred_suppliers: [{ suppliers: ['a'] }, { category: '*', suppliers: ['b'] }] },
      ['/preferred_suppliers/1/category duplicate_category'],
    ],
    [
      'a supplier preferred and prohibited',
      {
        prohibited_suppliers: ['*.x.example'],
        preferred_suppliers: [{ suppliers: ['y.example', 'A.X.example', '*.b.x.example'] }],
      },
      [
        '/preferred_suppliers/0/suppliers/1 contradiction',
        '/preferred_suppliers/0/suppliers/2 contradiction',
      ],
    ],
    [
      'a supplier allowed and prohibited',
      { prohibited_suppliers: ['a'], category_rules: [{ allowed_suppliers: ['a'] }] },
      ['/category_rules/0/allowed_suppliers/0 contradiction'],
    ],
    [
      'a country allowed and blocked',
      { countries: [{ allowed: ['DE', 'FR'], blocked: ['fr'] }] },
      ['/countries/0/blocked/0 contradiction'],
    ],
    [
      'a blocked category with a way to buy',
      { category_rules: [{ blocked: true, requires: 'tender' }] },
      ['/category_rules/0/blocked contradiction'],
    ],
    [
      'a rule that asks for nothing',
      { category_rules: [{ category: 'a' }] },
      ['/category_rules/0 rule_without_effect'],
    ],
    [
      'countries that are none',
      { countries: { blocked: ['Germany'] } },
      ['/countries/blocked/0 unknown_choice'],
    ],
    [
      'a repetition of everything',
      { repetition: [{ up_to: { amount: 1, currency: 'EUR' }, reason: 'r' }] },
      ['/repetition/0 repetition_of_everything'],
    ],
    ['a scope of nobody', { applies_to: {} }, ['/applies_to applies_to_nobody']],
    [
      'a window of nothing',
      { related_window_days: 0, related: { close_days: 1.5 } },
      ['/related_window_days out_of_range', '/related/close_days out_of_range'],
    ],
    [
      'unknown words',
      { on_missing: 'maybe', on_violation: { countries: 'ignore', surprise: 'deny' } },
      [
        '/on_missing unknown_choice',
        '/on_violation/countries unknown_choice',
        '/on_violation/surprise unknown_field',
      ],
    ],
  ])('refuses %s', (_name, document, faults) => {
    expect(faultsOf(document).sort()).toEqual(faults.sort());
  });

  it('lets `default` bind everyone', () => {
    expect(faultsOf({ applies_to: { agents: ['a'] } }, 'default')).toEqual([
      '/applies_to default_applies_to_all',
    ]);
  });

  it('allows an exception from what is preferred', () => {
    const document = {
      prohibited_suppliers: ['old.x.example'],
      preferred_suppliers: [{ suppliers: ['*.x.example'] }],
    };
    expect(faultsOf(document)).toEqual([]);
  });
});

describe('records that purchases rest on', () => {
  const money = { amount: '10.00', currency: 'EUR' };
  const validity = { valid_from: '2026-01-01T00:00:00Z', valid_until: '2026-01-01T00:00:00Z' };
  const codesOf = (
    parsed:
      ReturnType<typeof parseTender> | ReturnType<typeof parseFramework> | ReturnType<typeof parseWaiver>,
  ) => (parsed.ok ? [] : parsed.faults.map(({ pointer, code }) => `${pointer} ${code}`).sort());

  it('are refused with all their faults', () => {
    expect(
      codesOf(parseTender('T', { winner: '*.x.example', evidence_hash: 'abc', ...validity }, 1)),
    ).toEqual([
      '/ceiling missing_field',
      '/evidence_hash invalid_hash',
      '/valid_until out_of_range',
      '/winner vendor_has_wildcard',
    ]);
    const framework = {
      supplier: 'a',
      call_off_ceiling: money,
      valid_from: 'now',
      valid_until: '2026-02-30T00:00:00Z',
    };
    expect(
      codesOf(parseFramework('F', { ...framework, per_call_off_max: { amount: 1, currency: 'USD' } }, 1)),
    ).toEqual([
      '/per_call_off_max currency_mismatch',
      '/valid_from invalid_instant',
      '/valid_until invalid_instant',
    ]);
    expect(codesOf(parseWaiver('W', { supplier: 'a', up_to: { ...money, amount: '0' } }))).toEqual([
      '/reason missing_field',
      '/up_to/amount amount_is_zero',
      '/valid_until missing_field',
    ]);
  });
});

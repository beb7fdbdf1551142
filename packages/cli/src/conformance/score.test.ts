import { describe, expect, it } from 'vitest';

import type { CaseRecord } from './evidence.ts';
import { SCENARIOS } from './scenarios/all-scenarios.ts';
import { recordCases } from './scenarios/log-completeness.ts';
import { summarise } from './score.ts';
import { CLAUSES, MATURITY, TESTS } from './standard.ts';

type Case = Parameters<typeof summarise>[0][number];

/** A run in which everything that can be tested passed. */
const ALL: readonly Case[] = [
  ...SCENARIOS.map((scenario) => ({
    case_id: scenario.id,
    test: scenario.test,
    clauses: scenario.clauses,
    verdict: 'untestable' in scenario ? ('not_tested' as const) : ('passed' as const),
    own_test: 'untestable' in scenario ? scenario.ownTest : null,
  })),
  ...recordCases.map(({ id }) => ({
    case_id: id,
    test: '8.8' as const,
    clauses: ['4.6'],
    verdict: 'passed' as const,
    own_test: null,
  })),
];

const withVerdict = (id: string, verdict: CaseRecord['verdict']): Case[] =>
  ALL.map((each) => (each.case_id === id ? { ...each, verdict } : each));

describe('the result of a run', () => {
  it('is whole when everything passed', () => {
    expect(summarise(ALL)).toMatchObject({ conformant: true, score: 100, maturity: 'advanced_software' });
  });

  it('is nothing without cases', () => {
    expect(summarise([])).toMatchObject({ conformant: false, score: 0, maturity: null });
  });

  it('is not conformant with any case of a MUST failed or left open, whichever it is', () => {
    const must = new Set(CLAUSES.filter(({ weight }) => weight === 'MUST').map(({ clause }) => clause));
    for (const { case_id: id, clauses, verdict } of ALL) {
      if (verdict === 'not_tested' || !clauses.some((clause) => must.has(clause))) continue;
      for (const worse of ['failed', 'not_tested'] as const) {
        const summary = summarise(withVerdict(id, worse));
        expect(summary.conformant, id).toBe(false);
        expect(summary.score, id).toBeLessThan(100);
      }
    }
  });

  it('takes a SHOULD and a MAY for the score and the level, not for conformance', () => {
    const velocity = summarise(withVerdict('4.9-4.11-velocity-on', 'failed'));
    expect(velocity).toMatchObject({ conformant: true, maturity: 'basic', score: 94.5 }); // 5 of 92 points
    const forecast = summarise(withVerdict('4.9-4.11-forecast', 'failed'));
    expect(forecast).toMatchObject({ conformant: true, maturity: 'intermediate', score: 97.8 }); // 2 of 92
  });

  it('has no level whose own lines or those before it are missing', () => {
    expect(summarise(withVerdict('8.6-suspended', 'failed')).maturity).toBe(null);
    expect(summarise(withVerdict('8.4-trading-names', 'failed')).maturity).toBe('basic');
  });

  it('rests on cases that there are', () => {
    for (const { clause } of CLAUSES)
      expect(
        ALL.some((each) => each.clauses.includes(clause)),
        clause,
      ).toBe(true);
    for (const { test } of TESTS)
      expect(
        ALL.some((each) => each.test === test),
        test,
      ).toBe(true);
    const ids = ALL.map((each) => each.case_id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { lines } of MATURITY)
      for (const { shownBy } of lines) for (const id of shownBy.cases ?? []) expect(ids).toContain(id);
  });

  it('has for each test of section 8 what must be stopped, and for 8.1 to 8.5 and 8.7 what must not', () => {
    for (const { test } of TESTS.slice(0, 7)) {
      const kinds = new Set(SCENARIOS.filter((each) => each.test === test).map(({ kind }) => kind));
      expect(kinds.has('stops'), test).toBe(true);
      if (test !== '8.6') expect(kinds.has('lets_pass'), test).toBe(true);
    }
  });
});

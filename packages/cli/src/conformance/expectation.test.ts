import { describe, expect, it } from 'vitest';

import type { Check, Exchange, Json } from './evidence.ts';
import { holds, verdictOf } from './expectation.ts';

const exchange = (received: Json): Exchange => ({
  number: 0,
  actor: 'agent',
  method: 'POST',
  path: '/v1/procurement/requests',
  sent: null,
  status: 201,
  received,
  at: '2026-01-01T00:00:00.000Z',
  took_ms: 12,
});

const FINDINGS = [
  { control: 'a', outcome: 'pass' },
  { control: 'b', outcome: 'deny', ids: ['x'] },
];

describe('an expectation', () => {
  it.each<[string, Check, boolean]>([
    ['/received/status', { equals: 'held' }, true],
    ['/received/status', { equals: 'hel' }, false],
    ['/received/missing', { equals: 'held' }, false],
    ['/received/status', { one_of: ['denied', 'held'] }, true],
    ['/received/status', { one_of: [] }, false],
    ['/status', { equals: 201 }, true],
    ['/took_ms', { at_most: 12 }, true],
    ['/took_ms', { at_most: 11 }, false],
    ['/received/status', { at_most: 11 }, false],
    ['/received/findings', { has: { control: 'b', outcome: 'deny' } }, true],
    ['/received/findings', { has: { control: 'b', ids: ['x'] } }, true],
    ['/received/findings', { has: { control: 'b', ids: ['x', 'y'] } }, false],
    ['/received/findings', { has: { control: 'a', outcome: 'deny' } }, false],
    ['/received/findings', { lacks: { outcome: 'hold' } }, true],
    ['/received/findings', { lacks: { outcome: 'deny' } }, false],
    ['/received/missing', { lacks: { outcome: 'deny' } }, false],
    ['/received/missing', { absent: true }, true],
    ['/received/nothing', { absent: true }, true],
    ['/received/status', { absent: true }, false],
    ['/received/status', { present: true }, true],
    ['/received/nothing', { present: true }, false],
    ['/received/findings/1/ids/0', { equals: 'x' }, true],
    ['/received/a~1b', { equals: 1 }, true],
    ['/received', { matches: { status: 'held', findings: [{ control: 'a' }, { outcome: 'deny' }] } }, true],
    ['/received', { matches: { findings: [{ control: 'a' }] } }, false],
    ['/received/constructor', { present: true }, false],
  ])('%s %j: %s', (at, check, expected) => {
    const answer = exchange({ status: 'held', nothing: null, 'a/b': 1, findings: FINDINGS });
    expect(holds({ exchange: 0, at, check }, [answer])).toBe(expected);
    expect(holds({ exchange: 1, at, check }, [answer])).toBe(false);
  });
});

describe('a verdict', () => {
  const passing = { exchange: 0, at: '/status', check: { equals: 201 }, holds: true };
  const evidence = { exchanges: [exchange(null)], expectations: [passing], reason: null, own_test: null };

  it('follows from the evidence, not from what is said to hold', () => {
    expect(verdictOf(evidence)).toBe('passed');
    const unmet = { ...passing, check: { equals: 200 } };
    expect(verdictOf({ ...evidence, expectations: [passing, unmet] })).toBe('failed');
  });

  it('is not that something passed which expects nothing, or broke off', () => {
    expect(verdictOf({ ...evidence, expectations: [] })).toBe('failed');
    expect(verdictOf({ ...evidence, reason: 'no card' })).toBe('failed');
    expect(verdictOf({ ...evidence, verdict: 'not_tested', reason: 'no matrix' })).toBe('not_tested');
  });

  it('needs something to have been checked in the record', () => {
    const check = { check: 'promises_kept', counted: 3, faults: [] };
    const own = { ...evidence, expectations: [] };
    expect(verdictOf({ ...own, record_checks: [check] })).toBe('passed');
    expect(verdictOf({ ...own, record_checks: [{ ...check, counted: 0 }] })).toBe('failed');
    expect(verdictOf({ ...own, record_checks: [{ ...check, faults: ['x'] }] })).toBe('failed');
  });
});

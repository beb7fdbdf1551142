import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { AuthorityMatrix } from './authority-matrix.ts';
import { type AuthorityQuery, matchAuthority, matrixAt } from './match-authority.ts';
import { parseAuthorityMatrix } from './parse-authority-matrix.ts';
import { parseInstant } from './parse-instant.ts';

const LIMIT = { amount: '100.00', currency: 'EUR' };
const ROW = { agent_id: 'a1', category: 'it', jurisdiction: 'DE', autonomous_limit: LIMIT };
const TIER = { tier: 'manager', limit: LIMIT, approvers: ['ann', 'bob', 'cem'] };

function parsed(document: unknown): AuthorityMatrix {
  const result = parseAuthorityMatrix(document, { version: 1, effectiveFromMs: 0 });
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.matrix;
}

function faultsOf(document: unknown): [string, string][] {
  const result = parseAuthorityMatrix(document, { version: 1, effectiveFromMs: 0 });
  return result.ok ? [] : result.faults.map(({ pointer, code }) => [pointer, code]);
}

function query(changes: Partial<AuthorityQuery> = {}): AuthorityQuery {
  return {
    action: { agentId: 'a1', category: 'it' },
    role: null,
    jurisdictions: ['DE', 'EU', '*'],
    atMs: 0,
    maySign: () => true,
    ...changes,
  };
}

describe('a published matrix', () => {
  it.each<[string, unknown, string, string]>([
    ['no object', [], '', 'wrong_type'],
    ['no rows', {}, '/rows', 'missing_field'],
    ['an unknown field', { rows: [ROW], teirs: [] }, '/teirs', 'unknown_field'],
    ['neither agent nor role', { rows: [{ autonomous_limit: LIMIT }] }, '/rows/0/agent_id', 'agent_or_role'],
    ['both', { rows: [{ ...ROW, role: 'buyer' }] }, '/rows/0/agent_id', 'agent_or_role'],
    ['no limit', { rows: [{ agent_id: 'a1' }] }, '/rows/0/autonomous_limit', 'missing_parameter'],
    [
      'an unknown currency',
      { rows: [{ ...ROW, autonomous_limit: { amount: 1, currency: 'ZZZ' } }] },
      '/rows/0/autonomous_limit/currency',
      'unknown_currency',
    ],
    [
      'a typing error in a row',
      { rows: [{ ...ROW, valid_form: 'x' }] },
      '/rows/0/valid_form',
      'unknown_parameter',
    ],
    [
      'a range that ends before it begins',
      { rows: [{ ...ROW, valid_from: '2026-02-01', valid_until: '2026-01-01' }] },
      '/rows/0/valid_until',
      'empty_range',
    ],
    [
      'a day that does not exist',
      { rows: [{ ...ROW, valid_from: '2026-02-30' }] },
      '/rows/0/valid_from',
      'invalid_time',
    ],
    [
      'overlapping rows',
      { rows: [ROW, { ...ROW, valid_from: '2026-01-01' }] },
      '/rows/1',
      'overlapping_rows',
    ],
    [
      'one row id twice',
      {
        rows: [
          { ...ROW, row_id: 'r' },
          { ...ROW, row_id: 'r', category: 'x' },
        ],
      },
      '/rows/1/row_id',
      'duplicate_row_id',
    ],
    [
      'a tier without approvers',
      { rows: [ROW], tiers: [{ ...TIER, approvers: [] }] },
      '/tiers/0/approvers',
      'nobody_can_sign',
    ],
    [
      'a quorum nobody can reach',
      { rows: [ROW], tiers: [{ ...TIER, quorum: 4 }] },
      '/tiers/0/quorum',
      'nobody_can_sign',
    ],
    [
      'a quorum of another count',
      { rows: [ROW], tiers: [{ ...TIER, quorum: '2 of 5' }] },
      '/tiers/0/quorum',
      'nobody_can_sign',
    ],
    [
      'one person twice',
      { rows: [ROW], tiers: [{ ...TIER, approvers: ['ann', 'ann'] }] },
      '/tiers/0/approvers/1',
      'duplicate_approver',
    ],
    [
      'their own substitute',
      {
        rows: [ROW],
        tiers: [
          {
            ...TIER,
            approvers: [
              {
                approver_id: 'ann',
                substitute: { approver_id: 'ann', from: '2026-01-01', until: '2026-02-01' },
              },
            ],
          },
        ],
      },
      '/tiers/0/approvers/0/substitute/approver_id',
      'own_substitute',
    ],
    [
      'tiers of one name',
      { rows: [ROW], tiers: [TIER, { ...TIER, limit: { amount: 5, currency: 'EUR' } }] },
      '/tiers/1',
      'contradictory_tiers',
    ],
    [
      'tiers of one limit',
      { rows: [ROW], tiers: [TIER, { ...TIER, tier: 'board' }] },
      '/tiers/1',
      'contradictory_tiers',
    ],
  ])('is refused with %s', (_, document, pointer, code) => {
    expect(faultsOf(document)).toContainEqual([pointer, code]);
  });

  it('reports every fault at once', () => {
    const document = { rows: [{ ...ROW, autonomous_limit: 5 }, { role: 'x' }], tiers: [{ tier: 1 }] };
    expect(faultsOf(document).length).toBeGreaterThanOrEqual(4);
  });

  it('takes rows that follow one another without a gap', () => {
    const before = { ...ROW, valid_until: '2026-02-01T00:00:00Z' };
    expect(faultsOf({ rows: [before, { ...ROW, valid_from: '2026-02-01T00:00:00Z' }] })).toEqual([]);
  });

  it.each([
    [2, 2],
    ['2 of 3', 2],
    ['3', 3],
  ])('reads the quorum %s', (quorum, wanted) => {
    expect(parsed({ rows: [ROW], tiers: [{ ...TIER, quorum }] }).tiers[0]?.quorum).toBe(wanted);
  });
});

describe('the row of a purchase', () => {
  const rows = [
    { row_id: 'all', agent_id: '*', autonomous_limit: LIMIT },
    { row_id: 'role', role: 'buyer', autonomous_limit: LIMIT },
    { row_id: 'agent', agent_id: 'a1', autonomous_limit: LIMIT },
    { row_id: 'agent in EU', agent_id: 'a1', jurisdiction: 'eu', autonomous_limit: LIMIT },
    { row_id: 'agent in DE', agent_id: 'a1', jurisdiction: 'DE', autonomous_limit: LIMIT },
    { row_id: 'agent for IT', agent_id: 'a1', category: 'IT', autonomous_limit: LIMIT },
  ];
  const rowOf = (changes: Partial<AuthorityQuery>, count = rows.length): string | undefined =>
    matchAuthority(parsed({ rows: rows.slice(0, count) }), query(changes)).row?.rowId;

  it('is the most specific one: the agent, then its category, then the nearest jurisdiction', () => {
    expect(rowOf({})).toBe('agent for IT');
    expect(rowOf({ action: { agentId: 'a1', category: null } })).toBe('agent in DE');
    expect(rowOf({ action: { agentId: 'a1', category: 'x' }, jurisdictions: ['FR', 'EU', '*'] })).toBe(
      'agent in EU',
    );
    expect(rowOf({ action: { agentId: 'a1', category: 'x' }, jurisdictions: ['*'] })).toBe('agent');
    expect(rowOf({ action: { agentId: 'a2', category: 'it' }, role: 'buyer' })).toBe('role');
    expect(rowOf({ action: { agentId: 'a2', category: 'it' } })).toBe('all');
  });

  it('is none where no row matches', () => {
    const matrix = parsed({ rows: [ROW] });
    expect(matchAuthority(matrix, query({ action: { agentId: 'a2', category: 'it' } })).row).toBeNull();
    expect(matchAuthority(matrix, query({ action: { agentId: 'a1', category: null } })).row).toBeNull();
    expect(matchAuthority(matrix, query({ jurisdictions: ['*'] })).row).toBeNull();
  });

  it('holds from its first instant and no longer at its last', () => {
    const [from, until] = ['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'];
    const matrix = parsed({ rows: [{ ...ROW, valid_from: from, valid_until: until }] });
    const at = (atMs: number): boolean => matchAuthority(matrix, query({ atMs })).row !== null;
    expect(
      [Date.parse(from) - 1, Date.parse(from), Date.parse(until) - 1, Date.parse(until)].map(at),
    ).toEqual([false, true, true, false]);
  });
});

describe('the signers of a tier', () => {
  const substitute = { approver_id: 'sub', from: '2026-01-01T00:00:00Z', until: '2026-02-01T00:00:00Z' };
  const matrix = parsed({
    rows: [ROW],
    tiers: [{ ...TIER, approvers: ['ann', { approver_id: 'bob', substitute }] }],
  });
  const signers = (changes: Partial<AuthorityQuery>): readonly string[] | undefined =>
    matchAuthority(matrix, query(changes)).tiers[0]?.approvers;

  it('include a substitute while it is their turn, to the millisecond', () => {
    expect(signers({ atMs: Date.parse(substitute.from) - 1 })).toEqual(['ann', 'bob']);
    expect(signers({ atMs: Date.parse(substitute.from) })).toEqual(['ann', 'bob', 'sub']);
    expect(signers({ atMs: Date.parse(substitute.until) })).toEqual(['ann', 'bob']);
  });

  it('leave out who may not sign for this agent', () => {
    expect(signers({ maySign: (id) => id !== 'ann' })).toEqual(['bob']);
  });
});

describe('the matrix in force', () => {
  const at = (version: number, effectiveFromMs: number): AuthorityMatrix => ({
    ...parsed({ rows: [ROW] }),
    version,
    effectiveFromMs,
  });

  it('is the one with the latest date that has come, then the newest', () => {
    const matrices = [at(1, 0), at(2, 100), at(3, 50)];
    expect([-1, 0, 60, 100].map((atMs) => matrixAt(matrices, atMs)?.version)).toEqual([undefined, 1, 3, 2]);
  });
});

describe('an instant', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }), (date) => {
        expect(parseInstant(date.toISOString())).toBe(date.getTime());
      }),
    );
    expect(parseInstant('2026-03-01T10:00:00+02:00')).toBe(Date.UTC(2026, 2, 1, 8));
    for (const text of ['2026-13-01', '2026-02-30T00:00:00Z', 'tomorrow', '2026-1-1', '']) {
      expect(parseInstant(text)).toBeUndefined();
    }
  });
});

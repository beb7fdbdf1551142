import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRail, railIsWithin } from './rail.ts';
import type { Rail, RailVerdict } from './rail.ts';

const names = [
  'card',
  'virtual_card',
  'bank',
  'ach',
  'wire',
  'sepa',
  'sepa_instant',
  'crypto',
  'usdc',
  'usdt',
  'check',
  'cash',
];
const someRails = names.map((name) => parseRail(name)!);
const anyRail = fc.constantFrom(...someRails);
const anyRails = fc.uniqueArray(anyRail, { maxLength: 4 });

describe('parseRail', () => {
  it('reads every known rail in any case', () => {
    expect(someRails).toEqual(names);
    expect(names.map((name) => parseRail(name.toUpperCase()))).toEqual(names);
  });

  it.each([
    '',
    ' card',
    'card\n',
    'cards',
    'bitcoin cash',
    'constructor',
    '__proto__',
    'chec\u212a',
    'ca\u017fh',
    '*',
  ])('does not know %j', (text) => {
    expect(parseRail(text)).toBeUndefined();
  });
});

describe('railIsWithin', () => {
  it.each<[Rail, Rail[], RailVerdict]>([
    ['usdc', ['crypto'], 'blocked'],
    ['usdt', ['crypto'], 'blocked'],
    ['usdc', ['usdc'], 'blocked'],
    ['usdt', ['usdc'], 'clear'],
    ['crypto', ['usdc'], 'indeterminate'],
    ['wire', ['bank'], 'blocked'],
    ['ach', ['bank'], 'blocked'],
    ['sepa', ['bank'], 'blocked'],
    ['sepa_instant', ['bank'], 'blocked'],
    ['sepa_instant', ['sepa'], 'blocked'],
    ['sepa', ['sepa_instant'], 'indeterminate'],
    ['bank', ['sepa_instant'], 'indeterminate'],
    ['bank', ['wire'], 'indeterminate'],
    ['bank', ['wire', 'bank'], 'blocked'],
    ['ach', ['wire', 'crypto', 'check', 'cash'], 'clear'],
    ['card', ['wire', 'crypto', 'check', 'cash'], 'clear'],
    ['cash', ['wire', 'crypto', 'check', 'cash'], 'blocked'],
    ['card', [], 'clear'],
  ])('%s where %j are blocked is %s', (rail, blocked, verdict) => {
    expect(railIsWithin(rail, blocked)).toBe(verdict);
  });

  it('never gets milder when more is blocked', () => {
    const severity: RailVerdict[] = ['clear', 'indeterminate', 'blocked'];
    fc.assert(
      fc.property(anyRail, anyRails, anyRail, (rail, blocked, another) => {
        const before = severity.indexOf(railIsWithin(rail, blocked));
        const after = severity.indexOf(railIsWithin(rail, [...blocked, another]));
        expect(after).toBeGreaterThanOrEqual(before);
      }),
    );
  });

  it('always blocks a rail that is listed, in any order', () => {
    fc.assert(
      fc.property(anyRail, anyRails, (rail, others) => {
        expect(railIsWithin(rail, [...others, rail])).toBe('blocked');
        expect(railIsWithin(rail, [...others].reverse())).toBe(railIsWithin(rail, others));
      }),
    );
  });
});

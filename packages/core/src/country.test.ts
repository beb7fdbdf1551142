import { describe, expect, it } from 'vitest';
import { EU_MEMBERS_SINCE, isEuMember, parseCountry, parseRegion, regionContains } from './country.ts';
import type { CountryCode } from './country.ts';

const letters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ');
const everyPair = letters.flatMap((first) => letters.map((second) => first + second));
const assigned = everyPair.flatMap((pair) => parseCountry(pair) ?? []);

// Regions of the runtime's own table that ISO 3166-1 does not assign: reserved, user-assigned or withdrawn.
const notAssigned =
  'AC AN BU CP CQ CS DD DG DY EA EU EZ FX HV IC NH NT QO RH SU TA TP UK UN VD XA XB XK YD YU ZR ZZ'.split(
    ' ',
  );

describe('parseCountry', () => {
  it('knows the 249 assigned codes, which are the runtime table without what ISO does not assign', () => {
    const regionNames = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
    const named = everyPair.filter((pair) => regionNames.of(pair) !== undefined);
    expect(assigned).toEqual(named.filter((pair) => !notAssigned.includes(pair)));
    expect(assigned).toHaveLength(249);
  });

  it('reads any letter case', () => {
    expect(parseCountry('us')).toBe('US');
    expect(parseCountry('gB')).toBe('GB');
  });

  it.each([
    ...notAssigned,
    '',
    'USA',
    'usa',
    'United States',
    'U',
    ' US',
    'US ',
    'US\n',
    '840',
    'ıt',
    'ſe',
    'РU',
  ])('does not know %j', (text) => {
    expect(parseCountry(text)).toBeUndefined();
  });
});

describe('isEuMember', () => {
  const membersAt = (date: string): number =>
    assigned.filter((country) => isEuMember(country, Date.parse(date))).length;

  it.each([
    ['1957-12-31', 0],
    ['1958-01-01', 6],
    ['1973-01-01', 9],
    ['1981-01-01', 10],
    ['1986-01-01', 12],
    ['1995-01-01', 15],
    ['2004-04-30', 15],
    ['2004-05-01', 25],
    ['2007-01-01', 27],
    ['2013-06-30', 27],
    ['2013-07-01', 28],
    ['2020-01-31', 28],
    ['2020-02-01', 27],
    ['2026-01-01', 27],
  ])('at %s there are %i members', (date, members) => {
    expect(membersAt(date)).toBe(members);
  });

  it('lets the United Kingdom go on 2020-02-01', () => {
    const left = Date.UTC(2020, 1, 1);
    expect(isEuMember('GB', left - 1)).toBe(true);
    expect(isEuMember('GB', left)).toBe(false);
  });

  it.each<CountryCode>(['CH', 'NO', 'IS', 'TR', 'UA', 'RE'])('never counts %s', (country) => {
    expect(EU_MEMBERS_SINCE.has(country)).toBe(false);
    expect(isEuMember(country, Date.UTC(2026, 0, 1))).toBe(false);
  });

  it('is false at an instant that is none', () => {
    for (const country of assigned) expect(isEuMember(country, NaN), country).toBe(false);
  });
});

describe('regions', () => {
  it('are countries and EU', () => {
    expect(parseRegion('eu')).toBe('EU');
    expect(parseRegion('ch')).toBe('CH');
    expect(parseRegion('EUR')).toBeUndefined();
    expect(parseRegion('UK')).toBeUndefined();
  });

  it('contain a country when they are it, or when it is a member at that date', () => {
    const at = Date.UTC(2026, 0, 1);
    expect(regionContains('CH', 'CH', at)).toBe(true);
    expect(regionContains('CH', 'DE', at)).toBe(false);
    expect(regionContains('EU', 'DE', at)).toBe(true);
    expect(regionContains('EU', 'GB', at)).toBe(false);
    expect(regionContains('EU', 'GB', Date.UTC(2019, 0, 1))).toBe(true);
  });
});

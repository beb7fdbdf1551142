import { describe, expect, it } from 'vitest';

import { compareRegions } from './compare-regions.ts';
import { type Region, compileRegions } from './jurisdiction.ts';

const AT_MS = Date.UTC(2026, 0, 1);
const DACH: Region = { id: 'DACH', members: ['DE', 'AT', 'CH'] };
const WEST: Region = { id: 'WEST', members: ['DE', 'FR', 'BE', 'NL'] };

function compare(before: readonly Region[], after: readonly Region[], named: readonly string[]) {
  return compareRegions(compileRegions(before), compileRegions(after), new Set(named), AT_MS);
}

describe('a new list of regions', () => {
  it('differs by the countries that a named region gains or loses, its members’ changes included', () => {
    const outer: Region = { id: 'OUTER', members: ['DACH', 'PL'] };
    const smaller: Region = { id: 'DACH', members: ['DE', 'CH', 'LI'] };
    expect(compare([DACH, outer], [smaller, outer], ['OUTER'])).toEqual({
      regions: [{ region: 'OUTER', gained: ['LI'], lost: ['AT'] }],
      orders: [],
    });
    expect(compare([DACH, outer], [smaller, outer], ['EU'])).toEqual({ regions: [], orders: [] });
    expect(compare([DACH, WEST], [WEST], ['DACH']).regions).toMatchObject([{ region: 'DACH', gained: [] }]);
  });

  it('does not differ by another order of members, or another way to the same countries', () => {
    const other: Region = { id: 'DACH', members: ['CH', 'AT', 'DE'] };
    expect(compare([DACH, WEST], [WEST, other], ['DACH', 'WEST'])).toEqual({ regions: [], orders: [] });
    const inner: Region = { id: 'INNER', members: ['DE', 'AT', 'CH'] };
    expect(compare([DACH], [inner, { id: 'DACH', members: ['INNER'] }], ['DACH']).regions).toEqual([]);
  });

  it('differs by which of two regions is the nearer, though both keep their countries', () => {
    const inner: Region = { id: 'INNER', members: ['DE'] };
    const farther: Region = { id: 'DACH', members: ['INNER', 'AT', 'CH'] };
    const { regions, orders } = compare([DACH, WEST], [inner, farther, WEST], ['DACH', 'WEST']);
    expect(regions).toEqual([]);
    expect(orders).toEqual([
      { country: 'DE', before: ['DACH', 'WEST', 'EU'], after: expect.arrayContaining(['WEST']) as string[] },
    ]);
    expect(orders[0]?.after.indexOf('WEST')).toBeLessThan(orders[0]?.after.indexOf('DACH') ?? -1);
    expect(compare([DACH, WEST], [inner, farther, WEST], ['WEST']).orders).toEqual([]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRegions, jurisdictionChain, parseJurisdiction, regionFaults } from './jurisdiction.ts';

const NOW = Date.UTC(2026, 0, 1);

describe('jurisdictionChain', () => {
  it('goes from the country to the European Union to everywhere', () => {
    expect(jurisdictionChain('DE', NOW)).toEqual(['DE', 'EU', '*']);
    expect(jurisdictionChain('US', NOW)).toEqual(['US', '*']);
    expect(jurisdictionChain(null, NOW)).toEqual(['*']);
    expect(jurisdictionChain('Germany', NOW)).toEqual(['*']);
  });

  it('knows the members at that date', () => {
    expect(jurisdictionChain('GB', Date.UTC(2020, 0, 31))).toEqual(['GB', 'EU', '*']);
    expect(jurisdictionChain('GB', Date.UTC(2020, 1, 1))).toEqual(['GB', '*']);
  });

  it('puts the smaller region first, and a region after what it contains', () => {
    const regions = compileRegions([
      { id: 'EMEA', members: ['EU', 'CH', 'DE', 'DACH'] },
      { id: 'DACH', members: ['DE', 'AT', 'CH'] },
      { id: 'GLOBAL-NORTH', members: ['EMEA', 'US'] },
    ]);
    expect(jurisdictionChain('DE', NOW, regions)).toEqual(['DE', 'DACH', 'EU', 'EMEA', 'GLOBAL-NORTH', '*']);
    expect(jurisdictionChain('CH', NOW, regions)).toEqual(['CH', 'DACH', 'EMEA', 'GLOBAL-NORTH', '*']);
    expect(jurisdictionChain('US', NOW, regions)).toEqual(['US', 'GLOBAL-NORTH', '*']);
  });

  it('never lists a container before what it contains, whatever the regions', () => {
    const ids = ['AAA', 'BBB', 'CCC', 'DDD', 'EEE'];
    // Each region may contain the ones after it only, so there are no cycles.
    const anyRegions = fc
      .tuple(...ids.map((_id, at) => fc.subarray(['DE', 'FR', 'EU', ...ids.slice(at + 1)], { minLength: 1 })))
      .map((members) => ids.map((id, at) => ({ id, members: members[at] ?? [] })));
    fc.assert(
      fc.property(anyRegions, (regions) => {
        const chain = jurisdictionChain('DE', NOW, compileRegions(regions));
        expect(new Set(chain).size).toBe(chain.length);
        for (const { id, members } of regions) {
          const isIn = members.some((member) => chain.includes(member));
          expect(chain.includes(id)).toBe(isIn);
          for (const member of members)
            expect(chain.indexOf(member)).toBeLessThan(isIn ? chain.indexOf(id) : 1);
        }
      }),
    );
  });
});

describe('regionFaults', () => {
  it('names each fault and where it is', () => {
    expect(
      regionFaults([
        { id: 'DE', members: ['DE'] },
        { id: 'ONE', members: ['TWO', 'XX', 'DE', 'DE'] },
        { id: 'TWO', members: ['ONE'] },
        { id: 'NONE', members: [] },
        { id: 'NONE', members: ['FR'] },
      ]),
    ).toEqual([
      { region: 0, member: null, message: expect.stringContaining('3 to 40') },
      { region: 1, member: 1, message: expect.stringContaining('`XX`') },
      { region: 1, member: 3, message: expect.stringContaining('listed twice') },
      { region: 3, member: null, message: expect.stringContaining('no members') },
      { region: 4, member: null, message: expect.stringContaining('defined twice') },
      { region: 0, member: null, message: expect.stringContaining('contains itself') },
      { region: 1, member: null, message: expect.stringContaining('contains itself') },
      { region: 2, member: null, message: expect.stringContaining('contains itself') },
    ]);
  });
});

describe('parseJurisdiction', () => {
  it('reads countries, regions, EU and everywhere, in any letter case', () => {
    const regions = compileRegions([{ id: 'DACH', members: ['DE', 'AT', 'CH'] }]);
    expect(
      ['de', 'eu', 'dach', '*', 'XX', 'Germany', ''].map((text) => parseJurisdiction(text, regions)),
    ).toEqual(['DE', 'EU', 'DACH', '*', undefined, undefined, undefined]);
    expect(parseJurisdiction('DACH')).toBeUndefined();
  });
});

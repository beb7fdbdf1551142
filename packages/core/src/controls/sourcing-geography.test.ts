import { describe, expect, it } from 'vitest';

import { STAGES, exampleSourcing, sayingsOf } from '../testing/example-sourcing.ts';
import { exampleSupplier } from '../testing/example-supplier.ts';

const CONTROL = 'sourcing_geography';

describe('sourcing_geography', () => {
  it.each(STAGES)('allows where it says and blocks where it says, at %s', (stage) => {
    const sourcing = exampleSourcing({ countries: { allowed: ['EU', 'CH'], blocked: ['HU'] } });
    const facts = { stage, sourcing };
    expect(sayingsOf(CONTROL, { country: 'DE' }, facts)).toEqual(['pass ok']);
    expect(sayingsOf(CONTROL, { country: 'CH' }, facts)).toEqual(['pass ok']);
    expect(sayingsOf(CONTROL, { country: 'HU' }, facts)).toEqual(['deny sourcing_country_blocked']);
    expect(sayingsOf(CONTROL, { country: 'GB' }, facts)).toEqual(['deny sourcing_country_blocked']);
  });

  it('takes the members of the European Union at the time', () => {
    const sourcing = exampleSourcing({ countries: { allowed: ['EU'] } });
    const lastDay = Date.UTC(2020, 0, 31);
    expect(sayingsOf(CONTROL, { country: 'GB' }, { sourcing }, lastDay)).toEqual(['pass ok']);
  });

  it('does not let the request name a better country than the registry knows', () => {
    const sourcing = exampleSourcing({ countries: { blocked: ['KP'] } });
    const supplier = exampleSupplier({ country: 'KP' });
    expect(sayingsOf(CONTROL, { country: 'DE' }, { sourcing, supplier })).toEqual([
      'deny sourcing_country_blocked',
    ]);
    expect(sayingsOf(CONTROL, {}, { sourcing, supplier: exampleSupplier() })).toEqual(['pass ok']);
  });

  it('does not pass without a country, or without the category that decides', () => {
    const missing = ['deny evidence_missing'];
    expect(sayingsOf(CONTROL, {}, { sourcing: exampleSourcing({ countries: { blocked: ['KP'] } }) })).toEqual(
      missing,
    );
    const countries = [{ category: 'chips', allowed: ['DE'] }];
    const facts = { sourcing: exampleSourcing({ countries }) };
    expect(sayingsOf(CONTROL, { country: 'DE' }, facts)).toEqual(missing);
    expect(sayingsOf(CONTROL, { country: 'KP', category: 'food' }, facts)).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';

import { parseMapping } from './mapping.ts';
import { agentIdOf, createRowReader } from './read-row.ts';

const HEADER = ['date', 'posted', 'shop', 'amount', 'currency', 'mcc', 'division', 'kind'];
const GOOD = [
  '2016-03-13',
  '2016-03-15',
  'LOWES #02640*',
  '12.34',
  'CAD',
  '742',
  'PARKS, FORESTRY & RECREATION',
  'sale',
];

const MAPPING = {
  time_zone: 'America/Toronto',
  default_currency: 'CAD',
  columns: {
    date: 'date',
    posting_date: 'posted',
    vendor: 'shop',
    amount: 'amount',
    currency: 'currency',
    mcc: 'mcc',
    agent: { column: 'division', prefix: 'city.' },
    cost_center: { value: 'all' },
  },
};

function read(change: Readonly<Record<string, string>> = {}, mapping: object = MAPPING) {
  const cells = HEADER.map((name, index) => change[name] ?? GOOD[index] ?? '');
  return createRowReader(parseMapping(mapping, 'mapping.json'), HEADER)({ line: 7, cells, fault: null });
}

describe('a row', () => {
  it('is a purchase at noon of its day in its zone, on the day the clocks change too', () => {
    expect(read()).toEqual({
      kind: 'purchase',
      line: 7,
      atMs: Date.parse('2016-03-13T12:00:00-04:00'),
      postedAtMs: Date.parse('2016-03-15T12:00:00-04:00'),
      month: '2016-03',
      agentId: 'city.parks_forestry_recreation',
      agentName: 'PARKS, FORESTRY & RECREATION',
      vendor: 'LOWES #02640*',
      amountMinor: 1234n,
      currency: 'CAD',
      facts: {
        mcc: '0742',
        cost_center: 'all',
        category: null,
        project: null,
        rail: null,
        country: null,
        team: null,
        intent: null,
      },
    });
  });

  it('with a negative amount is a refund', () => {
    expect(read({ amount: '-12.34' })).toMatchObject({ kind: 'refund', amountMinor: 1234n });
  });

  it('is a refund by its column where the mapping says so, and then a stray minus is bad', () => {
    const mapping = { ...MAPPING, refunds: { column: 'kind', values: ['refund'] } };
    expect(read({ kind: 'refund' }, mapping)).toMatchObject({ kind: 'refund', amountMinor: 1234n });
    expect(read({ kind: 'refund', amount: '-12.34' }, mapping)).toMatchObject({
      kind: 'refund',
      amountMinor: 1234n,
    });
    expect(read({ amount: '-12.34' }, mapping)).toMatchObject({ kind: 'bad' });
  });

  it('settles no earlier than it was bought, and at once where the posting date is empty', () => {
    const bought = Date.parse('2016-03-13T12:00:00-04:00');
    expect(read({ posted: '2016-03-01' })).toMatchObject({ postedAtMs: bought });
    expect(read({ posted: '' })).toMatchObject({ postedAtMs: bought });
  });

  it.each([
    [{ date: '2016-02-30' }, 'date `2016-02-30` is not a date written YYYY-MM-DD'],
    [{ date: '13/03/2016' }, 'date `13/03/2016` is not a date'],
    [{ posted: 'soon' }, 'posting date `soon`'],
    [{ shop: '  ' }, 'vendor is empty'],
    [{ shop: 'x'.repeat(256) }, 'vendor has more than 255 characters'],
    [{ shop: 'caf\uFFFD' }, 'vendor has bytes that are not'],
    [{ shop: 'a\u0000b' }, 'vendor has control characters'],
    [{ amount: '0.00' }, 'amount `0.00`: amount must be more than zero'],
    [{ amount: '12.345' }, 'at most 2 digits'],
    [{ amount: '1e400' }, 'amount `1e400`'],
    [{ amount: '' }, 'amount ``'],
    [{ amount: '--5' }, 'amount `--5`'],
    [{ currency: 'XYZ' }, 'currency `XYZ` is not known'],
    [{ mcc: 'food' }, 'mcc `food` is not up to four digits'],
    [{ mcc: '12345' }, 'mcc has more than 4 characters'],
    [{ division: '' }, 'agent is empty'],
  ])('is bad with its reason: %j', (change, reason) => {
    expect(read(change)).toMatchObject({ kind: 'bad', line: 7, reason: expect.stringContaining(reason) });
  });

  it('is bad when it has another number of columns', () => {
    const reader = createRowReader(parseMapping(MAPPING, 'mapping.json'), HEADER);
    expect(reader({ line: 3, cells: ['2016-03-13'], fault: null })).toEqual({
      kind: 'bad',
      line: 3,
      reason: 'it has 1 columns instead of 8',
    });
  });

  it('reads minor units, and refuses a fraction of one', () => {
    const mapping = {
      ...MAPPING,
      columns: { ...MAPPING.columns, amount: { column: 'amount', unit: 'minor' } },
    };
    expect(read({ amount: '-1234' }, mapping)).toMatchObject({ kind: 'refund', amountMinor: 1234n });
    expect(read({ amount: '12.34' }, mapping)).toMatchObject({ kind: 'bad' });
    expect(read({ amount: '0' }, mapping)).toMatchObject({ kind: 'bad', reason: 'amount is zero' });
  });
});

describe('an agent id', () => {
  it('is made of the name, with a digest where letters are lost', () => {
    expect(agentIdOf('', "CITY CLERK'S OFFICE")).toBe('city_clerk_s_office');
    expect(agentIdOf('', '東京')).not.toBe(agentIdOf('', '大阪'));
    const long = agentIdOf('a.', 'x'.repeat(80));
    expect(long).toHaveLength(64);
    expect(long).not.toBe(agentIdOf('a.', 'x'.repeat(81)));
  });
});

describe('a mapping', () => {
  it('names every fault at once', () => {
    const faulty = {
      colums: {},
      default_currency: 'nope',
      time_zone: 'Mars',
      columns: { vendor: 'shop', amount: 3 },
    };
    expect(() => parseMapping(faulty, 'm.json')).toThrow(
      /`colums` is not known.*`columns\.date` is needed.*time_zone.*default_currency.*`columns\.amount`/,
    );
  });

  it('must fit the header', () => {
    expect(() => createRowReader(parseMapping(MAPPING, 'm.json'), ['date', 'posted'])).toThrow(
      /no column `shop`, which the mapping names for `vendor`; there are: date, posted/,
    );
  });
});

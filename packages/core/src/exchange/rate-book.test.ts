import { describe, expect, it } from 'vitest';
import { convertMinor } from './convert.ts';
import {
  DEFAULT_EXCHANGE,
  type ExchangeSettings,
  type PublishedRate,
  compileRateBook,
  findRate,
} from './rate-book.ts';

// A Friday.
const FRIDAY = '2026-03-06';
const at = (text: string): number => Date.parse(text);

function rate(changes: Partial<PublishedRate>): PublishedRate {
  return {
    base: 'EUR',
    quote: 'USD',
    rate: '1.25',
    date: FRIDAY,
    source: 'ecb',
    methodology: 'daily_close',
    supplier: null,
    validFrom: null,
    validUntil: null,
    ...changes,
  };
}

function find(
  rates: readonly PublishedRate[],
  from: string,
  to: string,
  {
    atMs = at('2026-03-07T12:00:00Z'),
    supplier = null,
    settings = DEFAULT_EXCHANGE,
  }: { atMs?: number; supplier?: string | null; settings?: ExchangeSettings } = {},
) {
  return findRate(compileRateBook(rates), { from, to, atMs, supplier, settings });
}

describe('a daily close', () => {
  it('is used as published, turned round, and crossed over the currency both are quoted against', () => {
    const rates = [rate({}), rate({ quote: 'GBP', rate: '0.8' })];
    expect(find(rates, 'EUR', 'USD')).toMatchObject({ rate: '1.25', via: null, source: 'ecb', date: FRIDAY });
    expect(find(rates, 'USD', 'EUR')).toMatchObject({ from: 'USD', to: 'EUR', rate: '0.8', via: 'inverse' });
    expect(find(rates, 'USD', 'GBP')).toMatchObject({ from: 'USD', to: 'GBP', rate: '0.64', via: 'EUR' });
    expect(find(rates, 'USD', 'CHF')).toBeNull();
  });

  it('is not crossed between two sources', () => {
    expect(find([rate({}), rate({ quote: 'GBP', rate: '0.8', source: 'bank' })], 'USD', 'GBP')).toBeNull();
  });

  it('of a Friday is good over the weekend, to the second', () => {
    const last = at('2026-03-10T23:59:59.999Z'); // the end of the fourth day after it
    expect(find([rate({})], 'EUR', 'USD', { atMs: last })?.staleSinceMs).toBeNull();
    const stale = find([rate({})], 'EUR', 'USD', { atMs: last + 1 });
    expect(stale?.staleSinceMs).toBe(last + 1);
    expect(
      convertMinor(1n, { from: 'EUR', to: 'USD' }, { rates: stale === null ? [] : [stale] }),
    ).toMatchObject({
      ok: false,
      reasonCode: 'exchange_rate_stale',
    });
  });

  it('follows the configured age', () => {
    const settings = { ...DEFAULT_EXCHANGE, dailyCloseMaxAgeDays: 0 };
    expect(
      find([rate({})], 'EUR', 'USD', { atMs: at('2026-03-06T23:59:59Z'), settings })?.staleSinceMs,
    ).toBeNull();
    expect(
      find([rate({})], 'EUR', 'USD', { atMs: at('2026-03-07T00:00:00Z'), settings })?.staleSinceMs,
    ).not.toBeNull();
  });

  it('is not used before its day', () => {
    expect(find([rate({})], 'EUR', 'USD', { atMs: at('2026-03-05T23:59:59Z') })).toBeNull();
  });

  it('of the newest day applies, and of one day the one published last', () => {
    const rates = [rate({ date: '2026-03-05', rate: '1.1' }), rate({}), rate({ rate: '1.3' })];
    expect(find(rates, 'EUR', 'USD')?.rate).toBe('1.3');
  });

  it('that is stale gives way to its inverse if that is good', () => {
    const rates = [rate({ date: '2026-01-02' }), rate({ base: 'USD', quote: 'EUR', rate: '0.5' })];
    expect(find(rates, 'EUR', 'USD')).toMatchObject({ rate: '2', via: 'inverse', staleSinceMs: null });
  });
});

describe('a contract rate', () => {
  const contract = rate({
    methodology: 'contract',
    rate: '1.2',
    validFrom: '2026-01-01',
    validUntil: '2026-03-31',
  });

  it('goes before the methodology of the settings until its last day, for its supplier first', () => {
    const rates = [rate({}), contract, { ...contract, rate: '1.1', supplier: 'acme' }];
    expect(find(rates, 'EUR', 'USD')?.rate).toBe('1.2');
    expect(find(rates, 'EUR', 'USD', { supplier: 'acme' })?.rate).toBe('1.1');
    expect(find(rates, 'EUR', 'USD', { supplier: 'other' })?.rate).toBe('1.2');
    const settings = { ...DEFAULT_EXCHANGE, dailyCloseMaxAgeDays: 366 };
    expect(find(rates, 'EUR', 'USD', { atMs: at('2026-03-31T23:59:59Z'), settings })?.rate).toBe('1.2');
    expect(find(rates, 'EUR', 'USD', { atMs: at('2026-04-01T00:00:00Z'), settings })?.rate).toBe('1.25');
  });

  it('holds for its direction alone', () => {
    expect(find([contract], 'USD', 'EUR')).toBeNull();
  });
});

describe('a budget rate', () => {
  const settings: ExchangeSettings = { ...DEFAULT_EXCHANGE, methodology: 'budget_rate' };
  const budget = rate({
    methodology: 'budget_rate',
    rate: '1.16',
    date: '2025-12-01',
    validFrom: '2026-01-01',
    validUntil: '2026-12-31',
  });

  it('applies in its period, turned round too, and nothing else does', () => {
    expect(find([rate({}), budget], 'EUR', 'USD', { settings })?.rate).toBe('1.16');
    expect(find([budget], 'USD', 'EUR', { settings })?.via).toBe('inverse');
    expect(find([rate({})], 'EUR', 'USD', { settings })).toBeNull();
    expect(find([budget], 'EUR', 'USD', { settings, atMs: at('2025-12-31T23:59:59Z') })).toBeNull();
    expect(find([budget], 'EUR', 'USD', { settings, atMs: at('2027-01-01T00:00:00Z') })?.staleSinceMs).toBe(
      at('2027-01-01T00:00:00Z'),
    );
  });
});

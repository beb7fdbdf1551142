import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_EXCHANGE, convertMinor } from './convert.ts';
import { applyRate, crossRate, inverseRate, parseRate } from './exchange-rate.ts';

const anyRate = fc
  .tuple(fc.bigInt({ min: 1n, max: 10n ** 15n }), fc.integer({ min: 0, max: 12 }))
  .map(([units, scale]) => {
    const text = units.toString().padStart(scale + 1, '0');
    return scale === 0 ? text : `${text.slice(0, -scale)}.${text.slice(-scale)}`;
  });
const anyAmount = fc.bigInt({ min: 0n, max: 10n ** 14n });

describe('parseRate', () => {
  it('reads plain decimals above zero', () => {
    expect(parseRate('1.0825')).toEqual({ ok: true, rate: '1.0825' });
    expect(parseRate('150')).toEqual({ ok: true, rate: '150' });
    expect(parseRate('0.500')).toEqual({ ok: true, rate: '0.5' });
  });

  it.each([
    ['0', 'rate_zero'],
    ['0.000', 'rate_zero'],
    ['-1.2', 'rate_negative'],
    ['1e-3', 'rate_exponent'],
    ['1,08', 'rate_not_a_decimal'],
    ['01.5', 'rate_not_a_decimal'],
    ['', 'rate_not_a_decimal'],
    ['1.0000000000001', 'rate_too_precise'],
  ])('refuses %j as %s', (text, code) => {
    expect(parseRate(text)).toMatchObject({ ok: false, code });
  });
});

describe('applyRate', () => {
  it('is exact in the digits of both currencies, and rounds up', () => {
    expect(applyRate(10_000n, '0.92', { from: 'USD', to: 'EUR' })).toBe(9_200n);
    expect(applyRate(10_001n, '0.92', { from: 'USD', to: 'EUR' })).toBe(9_201n); // 92.0092
    expect(applyRate(100n, '155.5', { from: 'USD', to: 'JPY' })).toBe(156n);
    expect(applyRate(1n, '0.0065', { from: 'JPY', to: 'KWD' })).toBe(7n); // 0.0065 KWD
    expect(applyRate(0n, '0.92', { from: 'USD', to: 'EUR' })).toBe(0n);
  });

  it('is never less than the exact amount, and less than one minor unit more', () => {
    fc.assert(
      fc.property(anyAmount, anyRate, (amount, rate) => {
        const [integer = '', fraction = ''] = rate.split('.');
        const scale = 10n ** BigInt(fraction.length);
        const exact = amount * BigInt(integer + fraction); // in 1/scale of a cent
        const converted = applyRate(amount, rate, { from: 'USD', to: 'EUR' }) * scale;
        expect(converted >= exact && converted < exact + scale).toBe(true);
      }),
    );
  });

  it('is monotone: more is never worth less', () => {
    fc.assert(
      fc.property(anyAmount, anyAmount, anyRate, (left, right, rate) => {
        const pair = { from: 'EUR', to: 'JPY' };
        const [less, more] = left < right ? [left, right] : [right, left];
        expect(applyRate(less, rate, pair) <= applyRate(more, rate, pair)).toBe(true);
      }),
    );
  });
});

describe('derived rates', () => {
  it('turn a rate round and cross two, to 15 digits, rounded up', () => {
    expect(inverseRate('1.25')).toBe('0.8');
    expect(inverseRate('3')).toMatch(/^0\.3{14,16}4$/);
    expect(crossRate({ from: '1.0825', to: '0.8631' })).toMatch(/^0\.797321016166/);
    expect(crossRate({ from: '0.5', to: '150' })).toBe('300');
  });

  it('are never below the exact rate, and near it', () => {
    fc.assert(
      fc.property(anyRate, (rate) => {
        const [integer = '', fraction = ''] = rate.split('.');
        const [unit, below] = inverseRate(rate).split('.');
        const units = BigInt(`${unit ?? ''}${below ?? ''}`);
        // rate x inverse, as a fraction of 10^(its digits)
        const product = units * BigInt(integer + fraction);
        const one = 10n ** BigInt(fraction.length + (below ?? '').length);
        expect(product >= one).toBe(true);
        expect((product - one) * 10n ** 12n < one).toBe(true);
      }),
    );
  });
});

describe('convertMinor', () => {
  it('needs no rate for one currency, and refuses without one', () => {
    expect(convertMinor(5n, { from: 'USD', to: 'USD' }, NO_EXCHANGE)).toEqual({
      ok: true,
      minor: 5n,
      rate: null,
    });
    expect(convertMinor(5n, { from: 'USD', to: 'EUR' }, NO_EXCHANGE)).toMatchObject({
      ok: false,
      reasonCode: 'exchange_rate_missing',
    });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { currencyDigits } from './currency.ts';
import type { CurrencyCode } from './currency.ts';
import { CURRENCY_TABLE } from './currency-table.ts';
import {
  AMOUNT_MINOR_LIMIT,
  amountToJsonNumberLiteral,
  basisPointsOf,
  compareMoney,
  formatAmount,
  formatMoney,
  maxMinor,
  minMinor,
  parseAmount,
} from './money.ts';

const anyCurrency = fc.constantFrom(...CURRENCY_TABLE.map(({ code }) => code));
const anyMinor = fc.bigInt({ min: 1n, max: AMOUNT_MINOR_LIMIT - 1n });

function codeOf(input: string | number, currency: CurrencyCode): string {
  const result = parseAmount(input, currency);
  return result.ok ? 'ok' : result.code;
}

// The largest accepted amount: 15 digits before the point and less than the minor limit.
function largestMinor(currency: CurrencyCode): bigint {
  return minMinor(AMOUNT_MINOR_LIMIT, 10n ** (15n + BigInt(currencyDigits(currency)))) - 1n;
}

describe('parseAmount', () => {
  it.each<[string | number, CurrencyCode, bigint]>([
    ['1840.00', 'USD', 184000n],
    ['1840', 'USD', 184000n],
    ['1840.5', 'USD', 184050n],
    [1840, 'USD', 184000n],
    [0.01, 'USD', 1n],
    ['0.01', 'USD', 1n],
    [19.99, 'USD', 1999n],
    ['500', 'JPY', 500n],
    ['0.001', 'KWD', 1n],
    ['0.0001', 'CLF', 1n],
    [0.000001, 'USDC', 1n],
    ['999999999999999.99', 'USD', 99999999999999999n],
    [1234567890123.45, 'USD', 123456789012345n],
  ])('reads %j %s exactly', (input, currency, minor) => {
    expect(parseAmount(input, currency)).toEqual({ ok: true, minor });
  });

  it.each<[string | number, CurrencyCode, string]>([
    ['1.005', 'USD', 'amount_too_precise'],
    [1.005, 'USD', 'amount_too_precise'],
    ['0.5', 'JPY', 'amount_too_precise'],
    ['5.0', 'JPY', 'amount_too_precise'],
    [0.5, 'JPY', 'amount_too_precise'],
    [0.1 + 0.2, 'USD', 'amount_too_precise'],
    [1e-7, 'USDC', 'amount_too_precise'],
    [12345678901234.56, 'USD', 'amount_too_precise'],
    ['1000000000000000', 'USD', 'amount_too_large'],
    [1e15, 'JPY', 'amount_too_large'],
    [1e21, 'USD', 'amount_too_large'],
    ['999999999999999', 'USDC', 'amount_too_large'],
    ['9'.repeat(10_000), 'USD', 'amount_too_large'],
    [Infinity, 'USD', 'amount_not_a_number'],
    [NaN, 'USD', 'amount_not_a_number'],
    ['-5', 'USD', 'amount_negative'],
    ['-.5', 'USD', 'amount_negative'],
    ['-1e3', 'USD', 'amount_negative'],
    [-5, 'USD', 'amount_negative'],
    [-1e21, 'USD', 'amount_negative'],
    ['-0', 'USD', 'amount_sign'],
    [-0, 'USD', 'amount_sign'],
    ['+5', 'USD', 'amount_sign'],
    ['0', 'USD', 'amount_zero'],
    ['0.00', 'USD', 'amount_zero'],
    [0, 'USD', 'amount_zero'],
    ['1e3', 'USD', 'amount_exponent'],
    ['1E+3', 'USD', 'amount_exponent'],
    ['1.5e-2', 'USD', 'amount_exponent'],
    ['1e400', 'USD', 'amount_exponent'],
    ['', 'USD', 'amount_not_a_number'],
    [' 5', 'USD', 'amount_not_a_number'],
    ['5\n', 'USD', 'amount_not_a_number'],
    ['5.', 'USD', 'amount_not_a_number'],
    ['.5', 'USD', 'amount_not_a_number'],
    ['05', 'USD', 'amount_not_a_number'],
    ['00.5', 'USD', 'amount_not_a_number'],
    ['1,000', 'USD', 'amount_not_a_number'],
    ['1 000', 'USD', 'amount_not_a_number'],
    ['1_000', 'USD', 'amount_not_a_number'],
    ['0x10', 'USD', 'amount_not_a_number'],
    ['1.2.3', 'USD', 'amount_not_a_number'],
    ['$5', 'USD', 'amount_not_a_number'],
    ['Infinity', 'USD', 'amount_not_a_number'],
    ['١٢', 'USD', 'amount_not_a_number'],
    ['\uff15', 'USD', 'amount_not_a_number'], // a full-width five
    ['−5', 'USD', 'amount_not_a_number'],
  ])('refuses %j %s as %s', (input, currency, code) => {
    expect(codeOf(input, currency)).toBe(code);
  });

  it('accepts zero only when asked to', () => {
    expect(parseAmount('0.00', 'USD', { allowZero: true })).toEqual({ ok: true, minor: 0n });
    expect(parseAmount(0, 'JPY', { allowZero: true })).toEqual({ ok: true, minor: 0n });
  });

  it('never echoes an unbounded input', () => {
    const result = parseAmount('x'.repeat(100_000), 'USD');
    expect(result.ok ? '' : result.message.length).toBeLessThan(200);
  });

  it('takes the largest amount of each currency and refuses one unit more', () => {
    for (const { code } of CURRENCY_TABLE) {
      const largest = largestMinor(code);
      expect(parseAmount(formatAmount(largest, code), code), code).toEqual({ ok: true, minor: largest });
      expect(codeOf(formatAmount(largest + 1n, code), code), code).toBe('amount_too_large');
    }
  });

  it('is the inverse of formatAmount', () => {
    fc.assert(
      fc.property(anyCurrency, anyMinor, (currency, seed) => {
        const minor = (seed % largestMinor(currency)) + 1n;
        expect(parseAmount(formatAmount(minor, currency), currency)).toEqual({ ok: true, minor });
      }),
    );
  });

  it('gives a number the value of its decimal text, or refuses it', () => {
    fc.assert(
      fc.property(anyCurrency, fc.bigInt({ min: 1n, max: 10n ** 15n - 1n }), (currency, minor) => {
        // At most 15 significant digits, so the number must come back exactly.
        expect(parseAmount(Number(formatAmount(minor, currency)), currency)).toEqual({ ok: true, minor });
      }),
    );
    fc.assert(
      fc.property(anyCurrency, fc.double(), (currency, value) => {
        const fromNumber = parseAmount(value, currency);
        if (fromNumber.ok) {
          expect(fromNumber).toEqual(parseAmount(String(value), currency));
          expect(Number(formatAmount(fromNumber.minor, currency))).toBe(value);
        }
      }),
    );
  });

  it('refuses every digit beyond those of the currency', () => {
    fc.assert(
      fc.property(anyCurrency, fc.nat(), fc.stringMatching(/^[0-9]{1,8}$/), (currency, integer, extra) => {
        const fraction = '0'.repeat(currencyDigits(currency)) + extra;
        expect(codeOf(`${integer}.${fraction}`, currency)).toBe('amount_too_precise');
      }),
    );
  });

  it('accepts no text but a plain decimal', () => {
    const nearMiss = fc.string({
      unit: fc.constantFrom(...Array.from('0123456789.,-+eE _x٣')),
      maxLength: 12,
    });
    fc.assert(
      fc.property(anyCurrency, fc.oneof(nearMiss, fc.string()), (currency, text) => {
        const result = parseAmount(text, currency, { allowZero: true });
        if (result.ok) {
          expect(text).toMatch(/^(0|[1-9][0-9]{0,14})(\.[0-9]{1,6})?$/);
          expect(Number(formatAmount(result.minor, currency))).toBe(Number(text));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps the order of the amounts', () => {
    fc.assert(
      fc.property(anyCurrency, anyMinor, anyMinor, (currency, left, right) => {
        const [low, high] = [minMinor(left, right), maxMinor(left, right)];
        const limit = largestMinor(currency);
        fc.pre(high <= limit);
        const parsedLow = parseAmount(formatAmount(low, currency), currency);
        const parsedHigh = parseAmount(formatAmount(high, currency), currency);
        expect(parsedLow.ok && parsedHigh.ok && parsedLow.minor <= parsedHigh.minor).toBe(true);
      }),
    );
  });
});

describe('formatAmount', () => {
  it.each<[bigint, CurrencyCode, string]>([
    [184000n, 'USD', '1840.00'],
    [-500n, 'USD', '-5.00'],
    [-5n, 'USD', '-0.05'],
    [0n, 'USD', '0.00'],
    [5n, 'USD', '0.05'],
    [500n, 'JPY', '500'],
    [0n, 'JPY', '0'],
    [-7n, 'JPY', '-7'],
    [1n, 'KWD', '0.001'],
    [12345n, 'CLF', '1.2345'],
    [1n, 'USDC', '0.000001'],
  ])('writes %s %s as %s', (minor, currency, text) => {
    expect(formatAmount(minor, currency)).toBe(text);
  });

  it('writes exactly the digits of the currency', () => {
    fc.assert(
      fc.property(anyCurrency, fc.bigInt(), (currency, minor) => {
        const [, fraction = ''] = formatAmount(minor, currency).split('.');
        expect(fraction).toHaveLength(currencyDigits(currency));
      }),
    );
  });
});

describe('formatMoney', () => {
  it('names the currency', () => {
    expect(formatMoney(184000n, 'USD')).toBe('1840.00 USD');
    expect(formatMoney(-7n, 'JPY')).toBe('-7 JPY');
  });
});

describe('amountToJsonNumberLiteral', () => {
  it('keeps the zeros a number would drop', () => {
    expect(`{"amount":${amountToJsonNumberLiteral(184000n, 'USD')}}`).toBe('{"amount":1840.00}');
  });

  it('is always a JSON number', () => {
    fc.assert(
      fc.property(anyCurrency, fc.bigInt(), (currency, minor) => {
        const literal = amountToJsonNumberLiteral(minor, currency);
        expect(literal).toMatch(/^-?(0|[1-9][0-9]*)(\.[0-9]+)?$/);
        expect(typeof JSON.parse(literal)).toBe('number');
      }),
    );
  });
});

describe('compareMoney, minMinor and maxMinor', () => {
  it('orders amounts of one currency and answers nothing across currencies', () => {
    expect(compareMoney({ minor: 1n, currency: 'USD' }, { minor: 2n, currency: 'USD' })).toBe(-1);
    expect(compareMoney({ minor: 2n, currency: 'USD' }, { minor: 2n, currency: 'USD' })).toBe(0);
    expect(compareMoney({ minor: 3n, currency: 'USD' }, { minor: 2n, currency: 'USD' })).toBe(1);
    expect(compareMoney({ minor: 3n, currency: 'USD' }, { minor: 2n, currency: 'EUR' })).toBeUndefined();
  });

  it('is antisymmetric, and agrees with min and max', () => {
    fc.assert(
      fc.property(anyCurrency, fc.bigInt(), fc.bigInt(), (currency, left, right) => {
        const order = compareMoney({ minor: left, currency }, { minor: right, currency })!;
        expect(order + compareMoney({ minor: right, currency }, { minor: left, currency })!).toBe(0);
        expect(minMinor(left, right)).toBe(order <= 0 ? left : right);
        expect(maxMinor(left, right)).toBe(order >= 0 ? left : right);
      }),
    );
  });
});

describe('basisPointsOf', () => {
  it.each([
    [10_000n, 2_000n, 2_000n],
    [50n, 100n, 0n], // 0.5 to the even 0
    [150n, 100n, 2n], // 1.5 to the even 2
    [250n, 100n, 2n], // 2.5 to the even 2
    [251n, 100n, 3n],
    [-150n, 100n, -2n],
    [0n, 500n, 0n],
  ])('takes of %s the share %s: %s', (minor, basisPoints, share) => {
    expect(basisPointsOf(minor, basisPoints)).toBe(share);
  });

  it('is never more than half a unit off, and takes ties to even', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt({ min: 0n, max: 20_000n }), (minor, basisPoints) => {
        const share = basisPointsOf(minor, basisPoints);
        const error = share * 10_000n - minor * basisPoints;
        const magnitude = error < 0n ? -error : error;
        expect(magnitude <= 5_000n).toBe(true);
        if (magnitude === 5_000n) expect(share % 2n).toBe(0n);
      }),
    );
  });
});

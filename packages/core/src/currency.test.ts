import currencyCodes from 'currency-codes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildCurrencyRows } from '../scripts/generate-currency-table.ts';
import { currencyDigits, currencyKind, parseCurrency } from './currency.ts';
import type { CurrencyCode } from './currency.ts';
import { CURRENCY_TABLE } from './currency-table.ts';

const withoutMinorUnit = 'XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX'.split(' ');

describe('the currency table', () => {
  it('is what the generator writes today', () => {
    expect(CURRENCY_TABLE).toEqual(buildCurrencyRows());
  });

  it('agrees with the package on every code that has a minor unit', () => {
    for (const { code, digits } of currencyCodes.data) {
      const parsed = parseCurrency(code);
      if (withoutMinorUnit.includes(code)) {
        expect(parsed, code).toBeUndefined();
      } else {
        expect(parsed, code).toBe(code);
        expect(currencyDigits(parsed!), code).toBe(digits);
        expect(currencyKind(parsed!), code).toBe('fiat');
      }
    }
  });

  it('names no code twice', () => {
    expect(new Set(CURRENCY_TABLE.map(({ code }) => code)).size).toBe(CURRENCY_TABLE.length);
  });

  it.each<[CurrencyCode, number]>([
    ['USD', 2],
    ['JPY', 0],
    ['KWD', 3],
    ['CLF', 4],
    ['UYW', 4],
    ['IQD', 3],
    ['HUF', 2],
    ['COP', 2],
    ['ISK', 0],
    ['XCG', 2],
  ])('gives %s %i digits', (code, digits) => {
    expect(currencyDigits(code)).toBe(digits);
  });

  it.each<CurrencyCode>(['USDC', 'USDT', 'EURC'])('knows %s as a stablecoin with six digits', (code) => {
    expect(currencyDigits(code)).toBe(6);
    expect(currencyKind(code)).toBe('stablecoin');
  });
});

describe('parseCurrency', () => {
  it.each(['usd', 'Usd', 'USD', 'usdc'])('reads %s in any case', (text) => {
    expect(parseCurrency(text)).toBe(text.toUpperCase());
  });

  it.each([
    '',
    ' USD',
    'USD ',
    'US',
    'USDX',
    'DOLLAR',
    '840',
    '$',
    'constructor',
    '__proto__',
    'uſd',
    'EUR\n',
  ])('does not know %j', (text) => {
    expect(parseCurrency(text)).toBeUndefined();
  });

  it('accepts no text whose letters are not those of a code', () => {
    const codes = new Set<string>(CURRENCY_TABLE.map(({ code }) => code));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 5 }),
          fc.string({ unit: fc.constantFrom(...Array.from('USDCeur\u0131\u017f\u212a ')), maxLength: 5 }),
        ),
        (text) => {
          const parsed = parseCurrency(text);
          if (parsed !== undefined) {
            expect(text).toMatch(/^[A-Za-z]+$/);
            expect(codes.has(text.toUpperCase())).toBe(true);
          }
        },
      ),
    );
  });

  it('stops on a code that was never parsed', () => {
    // A cast stands for a caller that skipped parsing.
    expect(() => currencyDigits('XXX' as CurrencyCode)).toThrow('was not parsed');
  });
});

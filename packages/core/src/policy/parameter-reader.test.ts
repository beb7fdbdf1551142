import { describe, expect, it } from 'vitest';
import { LIST_ENTRIES_MAX, ParameterReader } from './parameter-reader.ts';
import type { ParameterResult } from './rule.ts';

const POINTER = '/rules/3/parameters';

function read<T>(
  parameters: Record<string, unknown>,
  readValue: (reader: ParameterReader) => T,
): ParameterResult<T> {
  const reader = new ParameterReader(parameters, POINTER);
  const value = readValue(reader);
  return reader.finish(() => value);
}

function faultsOf(result: ParameterResult<unknown>): [string, string][] {
  return result.ok ? [] : result.faults.map(({ pointer, code }) => [pointer.replace(POINTER, ''), code]);
}

describe('money', () => {
  const money = (limit: unknown, currency: unknown = 'USD') =>
    read({ limit, currency }, (reader) => reader.money('limit', 'currency'));

  it.each([
    [500, 'USD', 50_000n, 'USD'],
    ['500.00', 'usd', 50_000n, 'USD'],
    [0.1, 'USD', 10n, 'USD'],
    [0, 'USD', 0n, 'USD'],
    ['500', 'JPY', 500n, 'JPY'],
    ['1.234', 'KWD', 1_234n, 'KWD'],
  ])('reads %s %s', (limit, currency, minor, code) => {
    expect(money(limit, currency)).toEqual({ ok: true, value: { minor, currency: code } });
  });

  it.each([
    [1.005, 'USD', 'amount_too_precise'],
    ['0.5', 'JPY', 'amount_too_precise'],
    [-1, 'USD', 'amount_negative'],
    ['1e3', 'USD', 'amount_exponent'],
    [Infinity, 'USD', 'amount_not_a_number'],
    [NaN, 'USD', 'amount_not_a_number'],
    ['', 'USD', 'amount_not_a_number'],
    [null, 'USD', 'wrong_type'],
    [true, 'USD', 'wrong_type'],
    [[500], 'USD', 'wrong_type'],
    [{ amount: 500 }, 'USD', 'wrong_type'],
  ])('refuses %s %s', (limit, currency, code) => {
    expect(faultsOf(money(limit, currency))).toEqual([['/limit', code]]);
  });

  it('refuses a currency that is not known, once, and does not judge the amount by another', () => {
    expect(faultsOf(money('0.0001', 'XAU'))).toEqual([['/currency', 'unknown_currency']]);
    expect(faultsOf(money(1, 840))).toEqual([['/currency', 'wrong_type']]);
  });

  it('asks for both names', () => {
    expect(faultsOf(read({}, (reader) => reader.money('limit', 'currency')))).toEqual([
      ['/currency', 'missing_parameter'],
      ['/limit', 'missing_parameter'],
    ]);
  });
});

describe('decimal', () => {
  const decimal = (value: unknown) => read({ value }, (reader) => reader.decimal('value'));

  it.each([
    [2500, '2500'],
    ['2500.00', '2500.00'],
    [0, '0'],
    ['0.00000001', '0.00000001'],
  ])('reads %s', (value, text) => {
    expect(decimal(value)).toEqual({ ok: true, value: text });
  });

  it.each([-1, '+1', '1e3', 1e21, 1e-7, '01', '.5', '1.', '1,000', ' 1', '', NaN, '0.000000001'])(
    'refuses %s',
    (value) => {
      expect(faultsOf(decimal(value))).toEqual([['/value', 'invalid_decimal']]);
    },
  );

  it('refuses other types', () => {
    expect(faultsOf(decimal(true))).toEqual([['/value', 'wrong_type']]);
  });
});

describe('percentBasisPoints', () => {
  const percent = (value: unknown) => read({ value }, (reader) => reader.percentBasisPoints('value'));

  it.each([
    [20, 2_000],
    ['20', 2_000],
    [12.5, 1_250],
    [0.01, 1],
    [99.99, 9_999],
    [100, 10_000],
    [0, 0],
    [0.29, 29],
  ])('reads %s', (value, basisPoints) => {
    expect(percent(value)).toEqual({ ok: true, value: basisPoints });
  });

  it.each([-1, 100.01, 101, 1000, 0.001, NaN, '20%', '', '1e1'])('refuses %s', (value) => {
    expect(faultsOf(percent(value))).toEqual([['/value', 'out_of_range']]);
  });
});

describe('integer', () => {
  const integer = (value: unknown) =>
    read({ value }, (reader) => reader.integer('value', { min: 1, max: 10 }));

  it('reads both ends', () => {
    expect(integer(1)).toEqual({ ok: true, value: 1 });
    expect(integer(10)).toEqual({ ok: true, value: 10 });
  });

  it.each([0, 11, 1.5, NaN, Infinity, -1])('refuses %s', (value) => {
    expect(faultsOf(integer(value))).toEqual([['/value', 'out_of_range']]);
  });

  it.each(['1', null, true, [1]])('refuses %s, which is no number', (value) => {
    expect(faultsOf(integer(value))).toEqual([['/value', 'wrong_type']]);
  });
});

describe('lists and texts', () => {
  const list = (value: unknown) => read({ value }, (reader) => reader.textList('value'));

  it('reads texts as written', () => {
    expect(list(['a', 'B '])).toEqual({ ok: true, value: ['a', 'B '] });
  });

  it('refuses an empty list, because it would block or allow everything by accident', () => {
    expect(faultsOf(list([]))).toEqual([['/value', 'empty_list']]);
  });

  it('names each entry that is wrong', () => {
    expect(faultsOf(list(['a', 1, '', ' ', null, 'b', 'x'.repeat(501)]))).toEqual([
      ['/value/1', 'wrong_type'],
      ['/value/2', 'empty_text'],
      ['/value/3', 'empty_text'],
      ['/value/4', 'wrong_type'],
      ['/value/6', 'text_too_long'],
    ]);
  });

  it('refuses what is no list', () => {
    expect(faultsOf(list('a'))).toEqual([['/value', 'wrong_type']]);
    expect(faultsOf(list({ 0: 'a', length: 1 }))).toEqual([['/value', 'wrong_type']]);
  });

  it('takes as many entries as it says and no more', () => {
    expect(list(Array.from({ length: LIST_ENTRIES_MAX }, () => 'a')).ok).toBe(true);
    expect(faultsOf(list(Array.from({ length: LIST_ENTRIES_MAX + 1 }, () => 'a')))).toEqual([
      ['/value', 'list_too_long'],
    ]);
  });

  it('reads choices in any letter case and refuses others', () => {
    const choices = (value: unknown) =>
      read({ value }, (reader) => reader.choiceList('value', ['mon', 'tue']));
    expect(choices(['MON', 'tue'])).toEqual({ ok: true, value: ['mon', 'tue'] });
    expect(faultsOf(choices(['mon', 'monday']))).toEqual([['/value/1', 'unknown_choice']]);
    const choice = (value: unknown) => read({ value }, (reader) => reader.choice('value', ['day', 'week']));
    expect(choice('Week')).toEqual({ ok: true, value: 'week' });
    expect(faultsOf(choice('fortnight'))).toEqual([['/value', 'unknown_choice']]);
  });

  it('gives null for what is optional and absent, and judges it when it is there', () => {
    const optional = (parameters: Record<string, unknown>) =>
      read(parameters, (reader) => [
        reader.optionalText('text'),
        reader.optionalCurrency('currency'),
        reader.optionalTextList('list'),
        reader.optionalChoiceList('days', ['mon']),
      ]);
    expect(optional({})).toEqual({ ok: true, value: [null, null, null, null] });
    expect(faultsOf(optional({ text: null, currency: '', list: [], days: ['x'] }))).toEqual([
      ['/text', 'wrong_type'],
      ['/currency', 'empty_text'],
      ['/list', 'empty_list'],
      ['/days/0', 'unknown_choice'],
    ]);
  });
});

describe('finish', () => {
  it('reports every name that nobody read, escaped as RFC 6901 wants it', () => {
    const result = read({ limit: 'x', 'Limit/a~b': 5 }, (reader) => reader.text('limit'));
    expect(result).toEqual({
      ok: false,
      faults: [
        {
          pointer: '/rules/3/parameters/Limit~1a~0b',
          code: 'unknown_parameter',
          message: '`Limit/a~b` is not a parameter of this rule; it has `limit`.',
        },
      ],
    });
  });

  it('does not read what an object only inherits', () => {
    expect(faultsOf(read({}, (reader) => reader.text('toString')))).toEqual([
      ['/toString', 'missing_parameter'],
    ]);
    const parameters = JSON.parse('{"__proto__": {"limit": "x"}}') as Record<string, unknown>;
    expect(faultsOf(read(parameters, (reader) => reader.text('limit')))).toEqual([
      ['/limit', 'missing_parameter'],
      ['/__proto__', 'unknown_parameter'],
    ]);
  });

  it('builds nothing after a fault', () => {
    const reader = new ParameterReader({}, POINTER);
    reader.text('limit');
    const result = reader.finish(() => {
      throw new Error('built from a stand-in');
    });
    expect(result.ok).toBe(false);
  });
});

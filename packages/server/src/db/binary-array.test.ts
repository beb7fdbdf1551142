import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../tests/harness/test-database.ts';
import { binaryArray } from './binary-array.ts';

let testDatabase: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  testDatabase = await createTestDatabase('empty');
  ({ pool } = await testDatabase.open('owner'));
});
afterAll(() => testDatabase.drop());

type Encode = (values: never) => Buffer;

/** The server's own text form of each element, so that a fault in the encoder cannot hide in the driver's parser. */
async function asServerText(type: string, array: Buffer): Promise<(string | null)[]> {
  const { rows } = await pool.query<{ element: string | null }>({
    text: `SELECT element::text AS element FROM unnest($1::${type}[]) WITH ORDINALITY AS e(element, position) ORDER BY position`,
    values: [array],
  });
  return rows.map(({ element }) => element);
}

const whole = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

describe('binaryArray', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 80 }).filter((value) => !value.includes('\0'));
  it.each<[string, Encode, fc.Arbitrary<unknown>, (value: never) => string]>([
    ['text', binaryArray.text, text, (value: string) => value],
    ['bytea', binaryArray.bytea, fc.uint8Array(), (v: Uint8Array) => `\\x${Buffer.from(v).toString('hex')}`],
    ['int8', binaryArray.int8, fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (value: bigint) => value.toString()],
    ['int4', binaryArray.int4, whole(-(2 ** 31), 2 ** 31 - 1), (value: number) => String(value)],
    ['int2', binaryArray.int2, whole(-(2 ** 15), 2 ** 15 - 1), (value: number) => String(value)],
    ['bool', binaryArray.bool, fc.boolean(), (value: boolean) => String(value)],
    ['timestamptz', binaryArray.timestamptz, whole(-62_135_596_800_000, 253_402_300_799_999), serverTime],
  ])('gives PostgreSQL the same %s values, nulls included, in order', async (type, encode, value, toText) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(value), { maxLength: 40 }), async (values) => {
        const expected = values.map((item) => (item === null ? null : toText(item as never)));
        expect(await asServerText(type, encode(values as never))).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  it('has an empty form of every type', async () => {
    for (const [type, encode] of Object.entries(binaryArray))
      expect(await asServerText(type, encode([]))).toEqual([]);
  });

  it('keeps a batch of every length around the limit between its two ways of writing text', async () => {
    const values = Array.from({ length: 120 }, (_, length) => [
      'a'.repeat(length),
      `${'a'.repeat(length)}é😀`,
    ]).flat();
    expect(await asServerText('text', binaryArray.text(values))).toEqual(values);
  });

  it('keeps texts larger than its scratch buffer', async () => {
    const values = ['x'.repeat(3_000_000), null, '€'.repeat(700_000), ''];
    expect(await asServerText('text', binaryArray.text(values))).toEqual(values);
  });

  it('does not reuse a buffer the driver may still hold', () => {
    const first = binaryArray.text(['first']);
    const copy = Buffer.from(first);
    binaryArray.text(['second']);
    expect(first).toEqual(copy);
  });

  it.each<[string, () => unknown]>([
    ['an int8 past 64 bits', () => binaryArray.int8([2n ** 63n])],
    ['an int4 past 32 bits', () => binaryArray.int4([2 ** 31])],
    ['a fraction', () => binaryArray.int4([1.5])],
    ['not a number', () => binaryArray.int4([Number.NaN])],
    ['an int2 past 16 bits', () => binaryArray.int2([-32_769])],
    ['a fraction of a millisecond', () => binaryArray.timestamptz([0.5])],
    ['a time that is none', () => binaryArray.timestamptz([Number.NaN])],
  ])('refuses %s rather than change it', (_, encode) => {
    expect(encode).toThrow(RangeError);
  });
});

/** `2026-01-02 03:04:05.678+00`, without trailing zeros of the fraction, as PostgreSQL prints it. */
function serverTime(epochMs: number): string {
  const [date = '', time = ''] = new Date(epochMs).toISOString().slice(0, -1).split('T');
  const [seconds = '', fraction = ''] = time.split('.');
  const digits = fraction.replace(/0+$/, '');
  return `${date} ${seconds}${digits === '' ? '' : `.${digits}`}+00`;
}

// row-statement.test.ts: rows reach the database the same whether they go as plain parameters or as arrays, alone or combined
// with other statements.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type TestDatabase, createTestDatabase } from '../../../../tests/harness/test-database.ts';
import { combineStatements } from './combine-statements.ts';
import type { Database } from './connect.ts';
import { rowStatement } from './row-statement.ts';

interface Row {
  readonly id: bigint;
  readonly name: string | null;
  readonly bytes: Uint8Array | null;
  readonly small: number | null;
  readonly flag: boolean | null;
  readonly atMs: number | null;
}

const insert = rowStatement<Row>({
  name: 'insert_kinds',
  columns: [
    ['id', 'int8', (row) => row.id],
    ['name', 'text', (row) => row.name],
    ['bytes', 'bytea', (row) => row.bytes],
    ['small', 'int2', (row) => row.small],
    ['flag', 'bool', (row) => row.flag],
    ['at', 'timestamptz', (row) => row.atMs],
  ],
  text: (rows) => `INSERT INTO kinds (id, name, bytes, small, flag, at) SELECT * FROM ${rows}`,
});

let testDatabase: TestDatabase;
let owner: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  owner = await testDatabase.open('owner');
  await owner.pool.query(
    'CREATE TABLE kinds (id int8 PRIMARY KEY, name text, bytes bytea, small int2, flag bool, at timestamptz)',
  );
});
afterAll(() => testDatabase.drop());

const rowsFrom = (first: bigint, count: number): Row[] =>
  Array.from({ length: count }, (_, index) =>
    index === 0
      ? { id: first, name: null, bytes: null, small: null, flag: null, atMs: null }
      : {
          id: first + BigInt(index),
          name: `na"me, {${index}} \\ é 漢`,
          bytes: Buffer.from([0, 255, index]),
          small: -index,
          flag: index % 2 === 0,
          atMs: 1_700_000_000_123 + index,
        },
  );

async function stored(): Promise<unknown[]> {
  const { rows } = await owner.pool.query<Record<string, unknown>>('SELECT * FROM kinds ORDER BY id');
  return rows.map(({ at, ...rest }) => ({ ...rest, atMs: at instanceof Date ? at.getTime() : at }));
}

describe('a statement for rows', () => {
  it.each([1, 2, 3, 40])('stores %i rows as they are', async (count) => {
    await owner.pool.query('TRUNCATE kinds');
    await owner.pool.query(insert(rowsFrom(10n, count)));
    expect(await stored()).toEqual(rowsFrom(10n, count));
  });

  it('stores the same when it is one of several', async () => {
    await owner.pool.query('TRUNCATE kinds');
    await owner.pool.query(
      combineStatements([
        insert(rowsFrom(10n, 1)),
        insert(rowsFrom(20n, 3)),
        { name: 'insert_one', text: 'INSERT INTO kinds (id, name) VALUES ($1, $2)', values: [30n, 'one'] },
      ]),
    );
    const rest = { bytes: null, small: null, flag: null, atMs: null };
    expect(await stored()).toEqual([
      ...rowsFrom(10n, 1),
      ...rowsFrom(20n, 3),
      { id: 30n, name: 'one', ...rest },
    ]);
  });

  it('names each combination once, and a single statement as it is', () => {
    const [one, two] = [insert(rowsFrom(1n, 1)), insert(rowsFrom(1n, 2))];
    const names = [combineStatements([one, two]), combineStatements([two, one]), combineStatements([one])];
    expect(new Set(names.map((statement) => statement.name)).size).toBe(3);
    expect(combineStatements([one, two]).name).toBe(names[0]?.name);
    expect(names[2]).toBe(one);
  });
});

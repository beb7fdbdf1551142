// writer.test.ts: a transaction of the writer is whole or nothing, also when it does not wait for its last statements.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type TestDatabase, createTestDatabase } from '../../../../tests/harness/test-database.ts';
import type { Database } from './connect.ts';
import type { Statement } from './statement.ts';
import { type Commit, type Transaction, Writer } from './writer.ts';

let testDatabase: TestDatabase;
let owner: Database;
let writer: Writer;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  owner = await testDatabase.open('owner');
  await owner.pool.query('CREATE TABLE kept (value int PRIMARY KEY)');
  writer = new Writer({ connect: () => owner.writer(), outcomeOf: () => Promise.resolve('aborted') });
});

afterAll(async () => {
  await writer.close();
  await testDatabase.drop();
});

const keep = (value: unknown): Statement => ({
  name: 'keep',
  text: 'INSERT INTO kept (value) VALUES ($1)',
  values: [value],
});

async function commitOf(tx: Transaction, committed: () => void = () => undefined): Promise<Commit> {
  const { rows } = await tx.query<{ id: string }>({
    name: 'id',
    text: 'SELECT pg_current_xact_id()::text AS id',
    values: [],
  });
  const proof = { name: 'one', text: 'SELECT 1', values: [] };
  return { transactionId: rows[0]?.id ?? '', proof, committed, unknown: () => undefined };
}

async function kept(): Promise<number[]> {
  const { rows } = await owner.pool.query<{ value: number }>('SELECT value FROM kept ORDER BY value');
  return rows.map((row) => row.value);
}

describe('a transaction that does not wait for its last statements', () => {
  it('commits them all', async () => {
    let committed = false;
    await writer.transaction(async (tx) => {
      const commit = await commitOf(tx, () => (committed = true));
      void tx.query(keep(1));
      tx.flush();
      void tx.query(keep(2));
      return { result: undefined, commit };
    });
    expect(committed).toBe(true);
    expect(await kept()).toEqual([1, 2]);
  });

  it('commits nothing when the database refuses one, and names the refusal', async () => {
    let committed = false;
    const attempt = writer.transaction(async (tx) => {
      const commit = await commitOf(tx, () => (committed = true));
      void tx.query(keep(3));
      void tx.query(keep(1));
      void tx.query(keep(4));
      return { result: undefined, commit };
    });
    await expect(attempt).rejects.toMatchObject({ code: '23505' });
    expect(committed).toBe(false);
    expect(await kept()).toEqual([1, 2]);
  });

  it('commits nothing when one could not even be sent', async () => {
    const unsendable = {
      toPostgres(): never {
        throw new Error('no such value');
      },
    };
    const attempt = writer.transaction(async (tx) => {
      const commit = await commitOf(tx);
      void tx.query(keep(5));
      void tx.query(keep(unsendable));
      return { result: undefined, commit };
    });
    await expect(attempt).rejects.toThrow('no such value');
    expect(await kept()).toEqual([1, 2]);
  });

  it('goes on with the next one after a failure', async () => {
    await writer.transaction(async (tx) => {
      const commit = await commitOf(tx);
      void tx.query(keep(6));
      return { result: undefined, commit };
    });
    expect(await kept()).toEqual([1, 2, 6]);
  });
});

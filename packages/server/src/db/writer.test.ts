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

  it('commits nothing when one that nobody waits for is refused, and names the refusal', async () => {
    const attempt = writer.transaction(async (tx) => {
      const commit = await commitOf(tx);
      tx.send(keep(7));
      tx.send(keep(1));
      tx.send(keep(8));
      return { result: undefined, commit };
    });
    await expect(attempt).rejects.toMatchObject({ code: '23505' });
    expect(await kept()).toEqual([1, 2, 6]);
  });

  it('rolls back what was sent and refused when nothing is to be committed', async () => {
    const attempt = writer.transaction(async (tx) => {
      await commitOf(tx);
      tx.send(keep(1));
      tx.flush();
      return { result: 'nothing was done' };
    });
    await expect(attempt).resolves.toBe('nothing was done');
    expect(await kept()).toEqual([1, 2, 6]);
  });

  it('answers each statement with its own rows, also the second time, when no result is described', async () => {
    const rows = (name: string, text: string): Statement => ({ name, text, values: [] });
    for (let round = 0; round < 3; round += 1) {
      const result = await writer.transaction(async (tx) => {
        const commit = await commitOf(tx);
        const answers = await Promise.all([
          tx.query(rows('two', 'SELECT 1 AS a, NULL AS b UNION ALL SELECT 2, NULL')),
          tx.query(rows('none', 'SELECT 1 AS c WHERE false')),
          tx.query(rows('nothing', "SELECT set_config('x.y', 'z', true) AS d")),
          tx.query(rows('no_result', 'SET LOCAL search_path = countersign')),
        ]);
        return { result: answers.map((answer) => answer.rows), commit };
      });
      expect(result).toEqual([
        [
          { a: 1, b: null },
          { a: 2, b: null },
        ],
        [],
        [{ d: 'z' }],
        [],
      ]);
    }
  });
});

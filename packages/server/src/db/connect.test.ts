import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../tests/harness/test-database.ts';
import { openDatabase, type Database } from './connect.ts';
import { describeDatabaseError } from './database-error.ts';
import { assertCommitted } from './transaction.ts';

let testDatabase: TestDatabase;
let owner: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  owner = await testDatabase.open('owner');
  await owner.pool.query('CREATE TABLE scratch (id int PRIMARY KEY, value int NOT NULL)');
});
beforeEach(async () => {
  await owner.pool.query('TRUNCATE scratch');
  await owner.pool.query('INSERT INTO scratch VALUES (1, 0), (2, 0)');
});
afterAll(() => testDatabase.drop());

async function valueOf(id: number): Promise<number | undefined> {
  const { rows } = await owner.pool.query<{ value: number }>('SELECT value FROM scratch WHERE id = $1', [id]);
  return rows[0]?.value;
}

describe('sessions', () => {
  it('parse int8 exactly and leave dates without a zone as text', async () => {
    const { rows } = await owner.pool
      .query(`SELECT 9223372036854775807 AS int8, '{1,NULL,-9007199254740993}'::int8[] AS list,
      '{}'::int8[] AS none, timestamptz '2026-03-29 01:30:00.123Z' AS instant, date '2026-03-29' AS date,
      timestamp '2026-03-29 02:30' AS local, 12.50::numeric AS numeric, 7::int AS int4`);
    expect(rows[0]).toEqual({
      int8: 9223372036854775807n,
      list: [1n, null, -9007199254740993n],
      none: [],
      instant: new Date('2026-03-29T01:30:00.123Z'),
      date: '2026-03-29',
      local: '2026-03-29 02:30:00',
      numeric: '12.50',
      int4: 7,
    });
  });

  it('have the gateway role from the first statement on, also after RESET ROLE', async () => {
    const gateway = await testDatabase.open();
    expect(gateway.role).toBe('countersign_gateway');
    for (const client of [await gateway.connect(), await gateway.writer()]) {
      const { rows } = await client.query('SELECT current_user AS name, current_schema() AS schema');
      expect(rows).toEqual([{ name: 'countersign_gateway', schema: 'countersign' }]);
      await client.query('RESET ROLE');
      expect((await client.query('SELECT current_user AS name')).rows).toEqual([
        { name: 'countersign_gateway' },
      ]);
      await expect(client.query('DROP TABLE scratch')).rejects.toMatchObject({ code: '42501' });
      await client.end();
    }
  });

  it('keep the start-up options of a connection string beside their own', async () => {
    const connection = `${testDatabase.connectionString}&options=${encodeURIComponent('-c lock_timeout=1234ms')}`;
    const database = await openDatabase({ connection, applicationName: 'a test of options' });
    const { rows } = await database.pool.query(
      `SELECT current_setting('lock_timeout') AS lock, current_user AS role, current_setting('application_name') AS name`,
    );
    await database.close();
    expect(rows).toEqual([{ lock: '1234ms', role: 'countersign_gateway', name: 'a test of options' }]);
  });

  it('are refused where a commit would not be durable', async () => {
    const connection = { ...testDatabase.connection, options: '-c synchronous_commit=off' };
    await expect(openDatabase({ connection, applicationName: 'test' })).rejects.toMatchObject({
      code: 'database_not_durable',
      message: expect.stringContaining('synchronous_commit') as string,
    });
  });

  it('are refused with one error when there is no server', async () => {
    const connection = { ...testDatabase.connection, host: '/nonexistent' };
    await expect(openDatabase({ connection, applicationName: 'test' })).rejects.toMatchObject({
      code: 'postgres_unavailable',
      retryable: true,
    });
  });
});

describe('writer', () => {
  it('answers COMMIT with ROLLBACK after a failed statement, which assertCommitted notices', async () => {
    const writer = await owner.writer();
    const sent = await Promise.allSettled([
      writer.query('BEGIN'),
      writer.query('UPDATE scratch SET value = 1 WHERE id = 1'),
      writer.query('INSERT INTO scratch VALUES (2, 2)'),
      writer.query('COMMIT'),
    ]);
    await writer.end();
    expect(sent.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    const committed = sent[3];
    if (committed?.status !== 'fulfilled') throw new Error('unreachable');
    expect(() => assertCommitted(committed.value)).toThrow(
      expect.objectContaining({ code: 'transaction_rolled_back' }) as Error,
    );
    expect(await valueOf(1)).toBe(0);
  });

  it('sends without waiting for answers', async () => {
    const writer = await owner.writer();
    const startedAt = performance.now();
    // A second statement that waited for the first answer would be sent after half a second.
    const slow = writer.query('SELECT pg_sleep(0.5), clock_timestamp() AS at');
    const socket = (writer as unknown as { connection: { stream: { bytesWritten: number } } }).connection
      .stream;
    const before = socket.bytesWritten;
    const next = writer.query('SELECT 1');
    expect(socket.bytesWritten).toBeGreaterThan(before);
    expect(performance.now() - startedAt).toBeLessThan(400);
    await Promise.all([slow, next]);
    await writer.end();
  });

  it('rejects its statements and emits `end` when its connection is lost, and the process lives on', async () => {
    const writer = await owner.writer();
    const ended = new Promise((resolve) => writer.once('end', resolve));
    const { rows } = await writer.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const pending = Promise.allSettled([writer.query('SELECT pg_sleep(10)'), writer.query('SELECT 1')]);
    await owner.pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    expect((await pending).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await ended;
  });
});

describe('transaction', () => {
  it('commits what it answers', async () => {
    const answer = await owner.transaction(async (client) => {
      await client.query('UPDATE scratch SET value = 5 WHERE id = 1');
      return 'done';
    });
    expect(answer).toBe('done');
    expect(await valueOf(1)).toBe(5);
  });

  it('rolls back when its function throws', async () => {
    const failing = owner.transaction(async (client) => {
      await client.query('UPDATE scratch SET value = 5 WHERE id = 1');
      throw new Error('second thoughts');
    });
    await expect(failing).rejects.toThrow('second thoughts');
    expect(await valueOf(1)).toBe(0);
  });

  it('does not answer when its function swallowed a failed statement', async () => {
    const swallowing = owner.transaction(async (client) => {
      await client.query('UPDATE scratch SET value = 5 WHERE id = 1');
      await client.query('INSERT INTO scratch VALUES (1, 1)').catch(() => undefined);
      return 'done';
    });
    await expect(swallowing).rejects.toMatchObject({ code: 'transaction_rolled_back' });
    expect(await valueOf(1)).toBe(0);
  });

  it('runs again after a deadlock, so that both sides commit', async () => {
    let runs = 0;
    const crossing = (first: number, second: number): Promise<void> =>
      owner.transaction(async (client) => {
        runs += 1;
        await client.query('UPDATE scratch SET value = value + 1 WHERE id = $1', [first]);
        if (runs <= 2) await sleep(200); // both hold their first row before they want the other
        await client.query('UPDATE scratch SET value = value + 1 WHERE id = $1', [second]);
      });
    await Promise.all([crossing(1, 2), crossing(2, 1)]);
    expect(runs).toBe(3);
    expect([await valueOf(1), await valueOf(2)]).toEqual([2, 2]);
  });

  it('runs again after its connection was lost before COMMIT', async () => {
    let runs = 0;
    await owner.transaction(async (client) => {
      runs += 1;
      await client.query('UPDATE scratch SET value = value + 1 WHERE id = 1');
      if (runs > 1) return;
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await owner.pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
      await client.query('SELECT 1');
    });
    expect(runs).toBe(2);
    expect(await valueOf(1)).toBe(1);
  });

  it('gives up after the retries it was given', async () => {
    let runs = 0;
    const failing = owner.transaction(
      (client) => {
        runs += 1;
        return client.query(`DO $$ BEGIN RAISE SQLSTATE '40001'; END $$`);
      },
      { retries: 2 },
    );
    await expect(failing).rejects.toMatchObject({ code: '40001' });
    expect(runs).toBe(3);
  });
});

describe('describeDatabaseError', () => {
  it('names the constraint and never the values', async () => {
    const failures = await Promise.allSettled([
      owner.pool.query('INSERT INTO scratch VALUES ($1, $2)', [1, 4242]),
      owner.pool.query('SELECT $1::text::int', ['4242 secret']),
    ]);
    const described = failures.map((f) =>
      describeDatabaseError(f.status === 'rejected' ? f.reason : undefined),
    );
    expect(described[0]).toMatchObject({ code: '23505', table: 'scratch', constraint: 'scratch_pkey' });
    expect(described[1]).toMatchObject({ code: '22P02' });
    expect(JSON.stringify(described)).not.toMatch(/4242|\(1\)/);
  });
});

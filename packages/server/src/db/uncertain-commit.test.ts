import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startLossyProxy, type LossyProxy } from '../../../../tests/harness/lossy-proxy.ts';
import { startOwnCluster } from '../../../../tests/harness/own-cluster.ts';
import { createTestDatabase, type TestDatabase } from '../../../../tests/harness/test-database.ts';
import { openDatabase, type Database } from './connect.ts';
import { isConnectionLoss } from './database-error.ts';
import { resolveUncertainCommit } from './uncertain-commit.ts';

let testDatabase: TestDatabase;
let direct: Database;
let proxy: LossyProxy;
let proxied: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase('empty');
  direct = await testDatabase.open('owner');
  await direct.pool.query('CREATE SCHEMA countersign');
  await direct.pool.query('CREATE TABLE note (id text PRIMARY KEY)');
  proxy = await startLossyProxy(testDatabase.connection);
  proxied = await openDatabase({ connection: proxy.connection, applicationName: 'proxied', as: 'owner' });
});
beforeEach(async () => {
  proxy.loseNext('nothing');
  proxy.refuse(false);
  await direct.pool.query('TRUNCATE note');
});
afterAll(async () => {
  await proxied.close();
  await proxy.close();
  await testDatabase.drop();
});

async function notes(): Promise<string[]> {
  const { rows } = await direct.pool.query<{ id: string }>('SELECT id FROM note ORDER BY id');
  return rows.map(({ id }) => id);
}

/** A batch whose COMMIT gets no answer: everything in one pipeline, as the gate sends it. */
async function loseCommit(what: 'request' | 'answer'): Promise<string> {
  proxy.loseNext(what);
  const writer = await proxied.writer();
  const begun = Promise.all([
    writer.query('BEGIN'),
    writer.query(`INSERT INTO note VALUES ('batch')`),
    writer.query<{ id: string }>('SELECT pg_current_xact_id()::text AS id'),
  ]);
  const [, , xid] = await begun;
  const failure: unknown = await writer.query('COMMIT').catch((error: unknown) => error);
  expect(isConnectionLoss(failure)).toBe(true);
  const transactionId = xid.rows[0]?.id;
  if (transactionId === undefined) throw new Error('unreachable');
  return transactionId;
}

describe('resolveUncertainCommit', () => {
  it('finds that PostgreSQL had committed when only the answer was lost', async () => {
    const transactionId = await loseCommit('answer');
    expect(await resolveUncertainCommit({ connect: proxied.connect, transactionId })).toBe('committed');
    expect(await notes()).toEqual(['batch']);
  });

  it('finds that PostgreSQL had not committed when the request was lost', async () => {
    const transactionId = await loseCommit('request');
    expect(await resolveUncertainCommit({ connect: proxied.connect, transactionId })).toBe('aborted');
    expect(await notes()).toEqual([]);
  });

  it('waits for a transaction that is still running, whatever its rows say', async () => {
    const running = await direct.connect();
    await running.query('BEGIN');
    await running.query(`INSERT INTO note VALUES ('late')`);
    const transactionId = await idOf(running);
    let isSettled = false;
    const resolving = resolveUncertainCommit({
      connect: direct.connect,
      transactionId,
      isRecorded: async (client) => (await client.query(`SELECT FROM note WHERE id = 'late'`)).rowCount === 1,
    }).finally(() => (isSettled = true));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(isSettled).toBe(false);
    await running.query('COMMIT');
    expect(await resolving).toBe('committed');
    await running.end();
  });

  it('does not take a stranger for the lost transaction: an id is given out again after a crash', async () => {
    const stranger = await direct.connect();
    await stranger.query('BEGIN');
    const transactionId = await idOf(stranger);
    await stranger.query('COMMIT');
    await stranger.end();
    const isRecorded = async (client: pg.ClientBase): Promise<boolean> =>
      (await client.query(`SELECT FROM note WHERE id = 'never written'`)).rowCount === 1;
    expect(await resolveUncertainCommit({ connect: direct.connect, transactionId, isRecorded })).toBe(
      'aborted',
    );
  });

  it('keeps asking while the database is away', async () => {
    const transactionId = await loseCommit('answer');
    proxy.refuse(true);
    setTimeout(() => proxy.refuse(false), 300);
    expect(await resolveUncertainCommit({ connect: proxied.connect, transactionId })).toBe('committed');
  });

  it('says that the outcome is unknown when the database does not come back in time', async () => {
    const transactionId = await loseCommit('answer');
    proxy.refuse(true);
    const resolving = resolveUncertainCommit({ connect: proxied.connect, transactionId, timeoutMs: 200 });
    await expect(resolving).rejects.toMatchObject({ code: 'outcome_unknown', retryable: true });
  });

  it('counts a transaction that left no trace in a crashed PostgreSQL as aborted', async () => {
    const cluster = await startOwnCluster();
    try {
      const database = await openDatabase({
        connection: cluster.server.connection,
        applicationName: 'crash test',
        as: 'owner',
      });
      await database.pool.query('CREATE TABLE public.note (id int)');
      const client = await database.connect();
      await client.query('BEGIN');
      for (let id = 0; id < 5; id += 1) {
        await client.query('SAVEPOINT s');
        await client.query('INSERT INTO public.note VALUES ($1)', [id]);
      }
      const transactionId = await idOf(client);
      const restarted = cluster.untilRestarted(cluster.server.postmasterPid());
      cluster.stopImmediately();
      await restarted;
      expect(await resolveUncertainCommit({ connect: database.connect, transactionId })).toBe('aborted');
      // An id that the server has not given out yet, as one whose every trace was lost.
      const unknown = String(BigInt(transactionId) + 100_000n);
      expect(await resolveUncertainCommit({ connect: database.connect, transactionId: unknown })).toBe(
        'aborted',
      );
      await database.close();
    } finally {
      await cluster.remove();
    }
  });
});

describe('transaction', () => {
  it.each<['request' | 'answer', number]>([
    ['answer', 1],
    ['request', 2],
  ])(
    'answers once and runs its function as often as needed when the %s of COMMIT is lost',
    async (what, runsWanted) => {
      let runs = 0;
      proxy.loseNext(what);
      await proxied.transaction(async (client) => {
        runs += 1;
        await client.query('INSERT INTO note VALUES ($1)', [`run ${runs}`]);
      });
      expect(runs).toBe(runsWanted);
      expect(await notes()).toEqual([`run ${runsWanted}`]);
    },
  );
});

async function idOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ id: string }>('SELECT pg_current_xact_id()::text AS id');
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('unreachable');
  return id;
}

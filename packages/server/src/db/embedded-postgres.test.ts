import { spawn } from 'node:child_process';
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEmbeddedProcess, type EmbeddedProcess } from '../../../../tests/harness/embedded-process.ts';
import { startOwnCluster } from '../../../../tests/harness/own-cluster.ts';
import { collectingLog } from '../../../../tests/harness/test-log.ts';
import {
  makeThrowawayDirectory,
  removeThrowawayDirectory,
} from '../../../../tests/harness/throwaway-directory.ts';
import { SILENT_LOG } from './database-log.ts';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from './embedded-postgres.ts';
import { findPostmaster, readPostmasterFile, stopPostmaster } from './postmaster.ts';

const isRoot = process.getuid?.() === 0;

let base: string;
let dataDir: string;
let servers: EmbeddedPostgres[];
let processes: EmbeddedProcess[];

beforeEach(async () => {
  base = await makeThrowawayDirectory();
  dataDir = join(base, 'data');
  servers = [];
  processes = [];
});
afterEach(async () => {
  await Promise.all(processes.map((process) => process.end('SIGKILL')));
  await Promise.all(servers.map((server) => server.stop('immediate')));
  const left = await findPostmaster(join(dataDir, 'postgres'));
  if (left !== undefined) await stopPostmaster(left, 'immediate');
  await removeThrowawayDirectory(base);
});

async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({
    dataDir,
    log: SILENT_LOG,
    settings: { shared_buffers: '64MB' },
    ...options,
  });
  servers.push(server);
  return server;
}

async function startElsewhere(): Promise<EmbeddedProcess> {
  const holder = await startEmbeddedProcess(dataDir);
  processes.push(holder);
  return holder;
}

async function query(connection: pg.ClientConfig | string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client(connection);
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await client.query(sql);
  } finally {
    await client.end().catch(() => undefined);
  }
}

describe('startEmbeddedPostgres', () => {
  it('makes a durable UTF-8 cluster, closed to others, and finds its data again after a stop', async () => {
    const first = await start();
    const { rows } = await query(
      first.connection,
      `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit,
              current_setting('full_page_writes') AS pages, current_setting('data_checksums') AS checksums,
              current_setting('server_encoding') AS encoding, current_setting('listen_addresses') AS tcp,
              current_setting('max_locks_per_transaction') AS locks, lower('ÄÉ') AS lower`,
    );
    expect(rows[0]).toEqual({
      fsync: 'on',
      commit: 'on',
      pages: 'on',
      checksums: 'on',
      encoding: 'UTF8',
      tcp: '',
      locks: '256',
      lower: 'äé',
    });
    expect((await stat(join(dataDir, 'postgres-password'))).mode & 0o777).toBe(0o600);
    expect((await stat(first.clusterDir)).mode & 0o777).toBe(0o700);
    await expect(query({ ...first.connection, password: 'wrong' }, 'SELECT 1')).rejects.toMatchObject({
      code: '28P01',
    });

    await query(first.connection, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    expect(await findPostmaster(first.clusterDir)).toBeUndefined();
    const second = await start();
    expect((await query(second.connectionString, 'SELECT answer FROM kept')).rows).toEqual([{ answer: 42 }]);
  });

  it('refuses a second server in this process and in another, and leaves the first alone', async () => {
    const first = await start();
    await expect(start({ lockTimeoutMs: 300 })).rejects.toMatchObject({
      code: 'data_directory_in_use',
      message: expect.stringContaining(`pid ${process.pid}`) as string,
    });
    const other = await startElsewhere();
    expect(other.said).toMatchObject({ code: 'data_directory_in_use' });
    expect((await other.end()).code).toBe(1);
    expect((await query(first.connection, 'SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('gives the directory to exactly one of two that start on an empty one together', async () => {
    const both = await Promise.all([startElsewhere(), startElsewhere()]);
    const refused = both.filter(({ said }) => said['code'] === 'data_directory_in_use');
    const running = both.filter(({ said }) => typeof said['postmasterPid'] === 'number');
    expect([refused.length, running.length]).toEqual([1, 1]);
    expect(running[0]?.said['clusterDir']).toBe(join(dataDir, 'postgres'));
    const connectionString = String(running[0]?.said['connectionString']);
    expect((await query(connectionString, 'SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('hands over to one that starts while the first is stopping', async () => {
    let current = await start();
    await query(current.connection, 'CREATE TABLE kept AS SELECT 42 AS answer');
    for (const delayMs of [0, 5, 20, 60]) {
      const stopped = current.stop();
      await sleep(delayMs);
      current = await start();
      await stopped;
      expect((await query(current.connection, 'SELECT answer FROM kept')).rows).toEqual([{ answer: 42 }]);
    }
  });

  it('adopts the server that a killed starter left running, at once', async () => {
    const starter = await startElsewhere();
    const { connectionString, postmasterPid } = starter.said;
    await query(String(connectionString), 'CREATE TABLE kept AS SELECT 42 AS answer');
    await starter.end('SIGKILL');
    const server = await start();
    expect(server.postmasterPid()).toBe(postmasterPid);
    expect((await query(server.connection, 'SELECT answer FROM kept')).rows).toEqual([{ answer: 42 }]);
    await server.stop();
    expect(await findPostmaster(server.clusterDir)).toBeUndefined();
  });

  it('starts at once after starter and server were both killed, while backends may still linger', async () => {
    const starter = await startElsewhere();
    const { connectionString, postmasterPid, clusterDir } = starter.said;
    await query(String(connectionString), 'CREATE TABLE kept AS SELECT 42 AS answer');
    // A backend that computes does not notice the death of its server for a while.
    const busy = query(String(connectionString), 'SELECT count(*) FROM generate_series(1, 6000000)').catch(
      () => undefined,
    );
    await sleep(50);
    process.kill(Number(postmasterPid), 'SIGKILL');
    await starter.end('SIGKILL');
    const server = await start();
    expect(server.postmasterPid()).not.toBe(postmasterPid);
    expect(server.clusterDir).toBe(clusterDir);
    expect((await query(server.connection, 'SELECT answer FROM kept')).rows).toEqual([{ answer: 42 }]);
    await busy;
  });

  it('is not fooled by a pid file whose number now belongs to a stranger or to a zombie', async () => {
    const first = await start();
    const pidFile = join(first.clusterDir, 'postmaster.pid');
    const stale = await readFile(pidFile, 'utf8');
    await first.stop();
    // Same user as PostgreSQL's: the case in which PostgreSQL itself would refuse to start.
    const { uid, gid } = await stat(first.clusterDir);
    const stranger = spawn('/bin/sleep', ['60'], { stdio: 'ignore', uid, gid });
    // `sh` turns into `sleep`, which never reaps the child it inherits: a zombie.
    const parent = spawn('/bin/sh', ['-c', 'sleep 0.01 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const zombie = await new Promise<string>((resolve) =>
      parent.stdout.once('data', (chunk: Buffer) => resolve(String(chunk).trim())),
    );
    await sleep(100);
    try {
      for (const pid of [String(stranger.pid), zombie]) {
        await writeFile(pidFile, stale.replace(/^\d+/, pid));
        const server = await start();
        expect(String((await readPostmasterFile(server.clusterDir))?.pid)).not.toBe(pid);
        await server.stop();
      }
      expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
    } finally {
      stranger.kill('SIGKILL');
      parent.kill('SIGKILL');
    }
  });

  it('keeps PostgreSQL out of the reach of a Ctrl-C', async () => {
    const starter = await startElsewhere();
    process.kill(-starter.pid, 'SIGINT'); // the terminal signals the whole process group
    expect((await starter.end()).signal).toBe('SIGINT');
    await sleep(500); // a PostgreSQL that got the signal would by now accept no connection
    expect((await query(String(starter.said['connectionString']), 'SELECT 1 AS one')).rows).toEqual([
      { one: 1 },
    ]);
    expect((await findPostmaster(String(starter.said['clusterDir'])))?.pid).toBe(
      starter.said['postmasterPid'],
    );
  });

  it('stops PostgreSQL and ends by itself when it is told to', async () => {
    const starter = await startElsewhere();
    expect(await starter.end('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await findPostmaster(String(starter.said['clusterDir']))).toBeUndefined();
  });

  it('works below a path that is too long for a socket', async () => {
    dataDir = join(dataDir, 'a'.repeat(120));
    const server = await start();
    expect(Buffer.byteLength(`${server.connection.host}/.s.PGSQL.5432`)).toBeLessThan(104);
    expect((await query(server.connectionString, 'SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await server.stop();
    await expect(stat(server.connection.host)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('clears up after an initdb that was killed', async () => {
    await mkdir(join(dataDir, 'postgres.initializing-999999999-abcd'), { recursive: true });
    if (isRoot) await chmod(dataDir, 0o711);
    await start();
    await expect(stat(join(dataDir, 'postgres.initializing-999999999-abcd'))).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });

  it('refuses a cluster of another major version and one whose password is gone', async () => {
    const server = await start();
    await server.stop();
    await rm(join(dataDir, 'postgres-password'));
    await expect(start()).rejects.toMatchObject({ code: 'postgres_unusable' });
    await writeFile(join(dataDir, 'postgres-password'), 'another one', { mode: 0o600 });
    await expect(start()).rejects.toMatchObject({ code: 'postgres_unusable' });
    await untilStopped(server.clusterDir);
    await writeFile(join(server.clusterDir, 'PG_VERSION'), '15\n');
    await expect(start()).rejects.toThrow(/made by PostgreSQL 15/);
  });
});

/** The refusal above leaves PostgreSQL running, for a server that does know the password. */
async function untilStopped(clusterDir: string): Promise<void> {
  const running = await findPostmaster(clusterDir);
  if (running !== undefined) await stopPostmaster(running, 'immediate');
}

describe('a running server', () => {
  it.each(['killPostmaster', 'stopImmediately'] as const)(
    'comes back by itself after %s, with all it had acknowledged',
    async (crash) => {
      const cluster = await startOwnCluster();
      try {
        const { connection } = cluster.server;
        await query(connection, 'CREATE TABLE acknowledged (id int PRIMARY KEY)');
        for (let id = 0; id < 20; id += 1) await query(connection, `INSERT INTO acknowledged VALUES (${id})`);
        for (let round = 0; round < 2; round += 1) {
          const restarted = cluster.untilRestarted(cluster.server.postmasterPid());
          cluster[crash]();
          await restarted;
          expect((await query(connection, 'SELECT count(*)::int AS count FROM acknowledged')).rows).toEqual([
            { count: 20 },
          ]);
        }
        const second = startEmbeddedPostgres({
          dataDir: cluster.dataDir,
          log: SILENT_LOG,
          lockTimeoutMs: 500,
        });
        await expect(second).rejects.toMatchObject({ code: 'data_directory_in_use' });
      } finally {
        await cluster.remove();
      }
    },
  );

  it('reports once that it is lost when another server took the directory while PostgreSQL was away', async () => {
    const failures: Error[] = [];
    const log = collectingLog();
    const server = await start({ log, lockTimeoutMs: 300, onFatal: (error) => failures.push(error) });
    const usurper = new pg.Client(server.connection);
    usurper.on('error', () => undefined);
    await usurper.connect();
    // Ends the session that holds the lock, and takes the lock before its owner can again.
    await usurper.query(`SELECT pg_terminate_backend(pid), pg_advisory_lock(classid::bigint << 32 | objid::bigint)
                         FROM pg_locks WHERE locktype = 'advisory'`);
    while (failures.length === 0) await sleep(20);
    await sleep(400);
    expect(failures).toEqual([expect.objectContaining({ code: 'data_directory_in_use' })]);
    await server.stop(); // no longer its to stop
    expect((await usurper.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await usurper.end();
  });
});

describe.runIf(isRoot)('as root', () => {
  it('runs PostgreSQL as an ordinary user', async () => {
    const server = await start();
    expect((await stat(server.clusterDir)).uid).not.toBe(0);
    expect((await stat(`/proc/${server.postmasterPid()}`)).uid).not.toBe(0);
  });

  it('keeps the cluster at a printed place outside a directory that only root can enter, and finds it again', async () => {
    await mkdir(dataDir, { mode: 0o700 });
    const outsideParent = join(dataDir, '..', 'outside');
    const log = collectingLog();
    const server = await start({ log, outsideParent });
    expect(server.clusterDir.startsWith(outsideParent)).toBe(true);
    expect(log.messages.join('\n')).toContain(server.clusterDir);
    await query(server.connection, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await server.stop();
    const again = await start({ outsideParent });
    expect(again.clusterDir).toBe(server.clusterDir);
    expect((await query(again.connection, 'SELECT answer FROM kept')).rows).toEqual([{ answer: 42 }]);
    await again.stop();

    // A new data directory at the same path is a fresh start, not the old cluster with a lost password.
    await rm(dataDir, { recursive: true });
    await mkdir(dataDir, { mode: 0o700 });
    const fresh = await start({ outsideParent });
    await expect(query(fresh.connection, 'SELECT answer FROM kept')).rejects.toMatchObject({ code: '42P01' });
  });

  it('also works when it is started by an ordinary user', async () => {
    const as = { uid: 65534, gid: 65534 };
    await chmod(base, 0o777);
    const holder = await startEmbeddedProcess(dataDir, as);
    processes.push(holder);
    expect(holder.said).toMatchObject({ clusterDir: join(dataDir, 'postgres') });
    expect((await stat(join(dataDir, 'postgres'))).uid).toBe(as.uid);
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
    expect((await holder.end('SIGTERM')).code).toBe(0);
    // Root then takes over the cluster, still as the user that owns it.
    const server = await start();
    expect((await stat(`/proc/${server.postmasterPid()}`)).uid).toBe(as.uid);
  });
});

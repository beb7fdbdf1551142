// Runs the PostgreSQL of a data directory: creates its cluster, adopts or starts its server, holds the directory's
// lock, and starts the server again if it dies. Must not stop a server that another gateway holds.

import { realpath } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import {
  ensureCluster,
  ensureDataDirectory,
  ensurePassword,
  placeCluster,
  readClusterDirectory,
  SUPERUSER,
  SYSTEM_STATE_DIRECTORY,
} from './cluster-directory.ts';
import { holdDataDirectoryLock, type DataDirectoryLock } from './data-directory-lock.ts';
import { DatabaseError, describeDatabaseError, errorCodeOf, isConnectionLoss } from './database-error.ts';
import type { DatabaseLog } from './database-log.ts';
import { preparePostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';
import { embeddedSettings, writeSettings, type PostgresSettings } from './postgres-settings.ts';
import { choosePostgresUser, type PostgresUser } from './postgres-user.ts';
import {
  findPostmaster,
  launchPostmaster,
  readLogTail,
  readPostmasterFile,
  removeStalePidFile,
  stopPostmaster,
  type Postmaster,
  type StopMode,
} from './postmaster.ts';
import { chooseSocketDirectory, removeSocketDirectory, SOCKET_PORT } from './socket-directory.ts';

export interface EmbeddedPostgresOptions {
  readonly dataDir: string;
  readonly log: DatabaseLog;
  /** Added to, and winning over, {@link embeddedSettings}. */
  readonly settings?: PostgresSettings;
  /** Called once if the server cannot be kept running or the lock has gone to another gateway: shut down. */
  readonly onFatal?: (error: Error) => void;
  /** For a cluster or binaries that cannot lie in the data directory. */
  readonly outsideParent?: string;
  readonly lockTimeoutMs?: number;
}

export interface EmbeddedPostgres {
  /** The owner's connection, over a Unix socket. */
  readonly connection: pg.ClientConfig & { host: string; port: number; user: string; password: string };
  /** The same as one string, password included: never log it. */
  readonly connectionString: string;
  readonly clusterDir: string;
  postmasterPid(): number;
  stop(mode?: StopMode): Promise<void>;
}

interface Site {
  readonly clusterDir: string;
  readonly password: string;
  readonly user: PostgresUser;
  readonly binaries: PostgresBinaries;
  readonly settings: PostgresSettings;
  readonly log: DatabaseLog;
}

interface Server {
  readonly postmaster: Postmaster;
  readonly socketDir: string;
}

const DATABASE = 'countersign';
const START_RETRY_MS = 10_000;
const LOCK_TIMEOUT_MS = 5_000;
/** Recovery after a crash replays at most max_wal_size. */
const READY_TIMEOUT_MS = 600_000;
const RESTART_ATTEMPTS_MAX = 8;

/**
 * @throws DatabaseError `data_directory_in_use` if another server lives on this data directory (it is left alone),
 *   `postgres_unusable` if a person has to act, `postgres_unavailable` if PostgreSQL does not come up
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log } = options;
  await ensureDataDirectory(options.dataDir);
  const dataDir = await realpath(options.dataDir);
  const site = await prepareSite(dataDir, options);

  // `ousted`: another gateway has the lock, and PostgreSQL is its to keep and to stop.
  const state = { phase: 'running' as 'running' | 'stopping' | 'ousted', hasFailed: false };
  const isRunning = (): boolean => state.phase === 'running';
  const fail = (error: Error): void => {
    if (!isRunning() || state.hasFailed) return;
    state.hasFailed = true;
    log.error(describeDatabaseError(error), 'the embedded PostgreSQL is lost');
    options.onFatal?.(error);
  };
  const onLost = (error: Error): void => {
    fail(error);
    if (isRunning()) state.phase = 'ousted';
  };
  const timeoutMs = options.lockTimeoutMs ?? LOCK_TIMEOUT_MS;
  const { lock, ...broughtUp } = await bringUp(site, (config) =>
    holdDataDirectoryLock({ config, dataDir, timeoutMs, onLost }),
  );
  let { server } = broughtUp;
  const connection = connectionTo(site, server, DATABASE);

  const supervision = (async () => {
    for (;;) {
      await untilEnded(server.postmaster, isRunning);
      if (!isRunning()) return;
      log.error({ pid: server.postmaster.pid }, 'PostgreSQL has ended unasked; starting it again');
      server = await restart(site, server, isRunning);
      log.warn({ pid: server.postmaster.pid }, 'PostgreSQL is running again');
    }
  })().catch(fail);

  const stop = async (mode: StopMode): Promise<void> => {
    const isOurs = state.phase !== 'ousted';
    state.phase = 'stopping';
    await supervision; // a restart under way must not bring up a server that nobody stops
    // PostgreSQL stops while the lock is held, so that nobody takes it over in between; `smart` waits for every session.
    if (isOurs && mode !== 'smart') {
      lock.retakeNoMore();
      await stopPostmaster(server.postmaster, mode);
    }
    await lock.release();
    if (!isOurs) return;
    if (mode === 'smart') await stopPostmaster(server.postmaster, mode);
    await removeSocketDirectory(server.socketDir, site.clusterDir);
  };
  let stopping: Promise<void> | undefined;
  return {
    connection,
    connectionString: connectionStringOf(connection),
    clusterDir: site.clusterDir,
    postmasterPid: () => server.postmaster.pid,
    stop: (mode = 'fast') => (stopping ??= stop(mode)),
  };
}

/** Again from the start if the server goes away in between: the one found running may have been about to stop. */
async function bringUp(
  site: Site,
  holdLock: (config: pg.ClientConfig) => Promise<DataDirectoryLock>,
): Promise<{ server: Server; lock: DataDirectoryLock }> {
  const deadline = performance.now() + START_RETRY_MS;
  for (;;) {
    const server = await ensureRunning(site);
    try {
      await ensureDatabase(site, server);
      const lock = await holdLock(connectionTo(site, server, DATABASE));
      site.log.info(
        { clusterDir: site.clusterDir, user: site.user.name, pid: server.postmaster.pid },
        `PostgreSQL ${server.postmaster.wasLaunched ? 'started' : 'was already running and is used'}`,
      );
      return { server, lock };
    } catch (error) {
      if (!isConnectionLoss(error) || performance.now() > deadline) throw error;
      await sleep(50);
    }
  }
}

async function prepareSite(dataDir: string, options: EmbeddedPostgresOptions): Promise<Site> {
  const { log, outsideParent = SYSTEM_STATE_DIRECTORY } = options;
  const chosen = await readClusterDirectory(dataDir);
  const user = await choosePostgresUser(chosen);
  const clusterDir = await placeCluster({ dataDir, clusterDir: chosen, user, log, outsideParent });
  const copyParent = user.isSelf ? dataDir : outsideParent;
  const binaries = await preparePostgresBinaries({ user, copyParent, log });
  const password = await ensurePassword(dataDir, clusterDir);
  await ensureCluster({ clusterDir, password, user, binaries });
  return {
    clusterDir,
    password,
    user,
    binaries,
    log,
    settings: { ...embeddedSettings(), ...options.settings },
  };
}

/** Adopts the live server or starts one. Tries for a while: survivors of a crash may hold the shared memory a moment. */
async function ensureRunning(site: Site, previousSocketDir?: string): Promise<Server> {
  const deadline = performance.now() + START_RETRY_MS;
  for (;;) {
    const server = await adoptOrLaunch(site, previousSocketDir);
    if (server !== undefined) return server;
    if (performance.now() > deadline) {
      const tail = await readLogTail(site.clusterDir);
      throw new DatabaseError(
        'postgres_unavailable',
        `PostgreSQL does not start; the end of its log:\n${tail}`,
      );
    }
    await sleep(200);
  }
}

async function adoptOrLaunch(site: Site, previousSocketDir?: string): Promise<Server | undefined> {
  const { clusterDir, user, binaries } = site;
  const found = await findPostmaster(clusterDir);
  if (found !== undefined) return whenReady(site, found);

  const left = await readPostmasterFile(clusterDir);
  await removeStalePidFile(clusterDir);
  await writeSettings(clusterDir, site.settings, user);
  const socketDir = await chooseSocketDirectory(clusterDir, user, previousSocketDir ?? left?.socketDir);
  const launched = await launchPostmaster({ clusterDir, socketDir, port: SOCKET_PORT, user, binaries });
  return whenReady(site, launched);
}

/** Undefined when the process ended before it accepted a connection: another start won, or the last one still dies. */
async function whenReady(site: Site, postmaster: Postmaster): Promise<Server | undefined> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  let nextNoticeAt = performance.now() + 5_000;
  while (await postmaster.isAlive()) {
    const file = await readPostmasterFile(site.clusterDir);
    if (file?.pid === postmaster.pid && file.socketDir !== '') {
      const server = { postmaster, socketDir: file.socketDir };
      if (await acceptsConnections(site, server)) return server;
    }
    if (performance.now() > deadline) {
      throw new DatabaseError('postgres_unavailable', 'PostgreSQL runs but accepts no connection');
    }
    if (performance.now() > nextNoticeAt) {
      nextNoticeAt += 5_000;
      site.log.info(
        { pid: postmaster.pid },
        'waiting for PostgreSQL, which is recovering from a crash or stopping',
      );
    }
    await sleep(20);
  }
  return undefined;
}

async function acceptsConnections(site: Site, server: Server): Promise<boolean> {
  const client = new pg.Client({ ...connectionTo(site, server, 'postgres'), connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch (cause) {
    if (errorCodeOf(cause) === '28P01') {
      throw new DatabaseError(
        'postgres_unusable',
        `the password kept in the data directory is not that of the cluster in \`${site.clusterDir}\``,
        { cause },
      );
    }
    return false; // starting up, shutting down, or no socket yet
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function ensureDatabase(site: Site, server: Server): Promise<void> {
  const client = new pg.Client(connectionTo(site, server, 'postgres'));
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } catch (error) {
    // Another start created it in between: 42P04, or 23505 from the catalogue's own index.
    if (!['42P04', '23505'].includes(errorCodeOf(error) ?? '')) throw error;
  } finally {
    await client.end();
  }
}

async function untilEnded(postmaster: Postmaster, isRunning: () => boolean): Promise<void> {
  while (isRunning() && (await postmaster.isAlive())) {
    await sleep(50, undefined, { ref: false });
  }
}

/** With the socket where it was, so that every pool and client finds the server again. */
async function restart(site: Site, previous: Server, isRunning: () => boolean): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const server = await ensureRunning(site, previous.socketDir);
      if (server.socketDir === previous.socketDir) return server;
      throw new DatabaseError(
        'postgres_unusable',
        `PostgreSQL's socket had to move to \`${server.socketDir}\``,
      );
    } catch (error) {
      const isHopeless = error instanceof DatabaseError && error.code === 'postgres_unusable';
      if (isHopeless || attempt === RESTART_ATTEMPTS_MAX || !isRunning()) throw error;
      site.log.error(
        { attempt, ...describeDatabaseError(error) },
        'PostgreSQL did not start again; trying once more',
      );
      await sleep(Math.min(100 * 2 ** attempt, 5_000), undefined, { ref: false });
    }
  }
}

function connectionTo(site: Site, server: Server, database: string): EmbeddedPostgres['connection'] {
  return {
    host: server.socketDir,
    port: SOCKET_PORT,
    user: SUPERUSER,
    password: site.password,
    database,
  };
}

function connectionStringOf(connection: EmbeddedPostgres['connection']): string {
  const host = encodeURIComponent(connection.host);
  return `postgresql://${connection.user}:${connection.password}@/${DATABASE}?host=${host}&port=${connection.port}`;
}

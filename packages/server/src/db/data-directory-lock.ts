// Makes sure that one server at a time works on a data directory. The lock is a session-level advisory lock in the
// embedded cluster, so it dies with its holder, `kill -9` included, and there is no lock file to clean up.
// Must not stop PostgreSQL: the server that is refused would take it from the one that holds the lock.

import pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError } from './database-error.ts';

/** Any constant works, as long as no other advisory lock of the project uses it. */
const LOCK_KEY = '4850021763904513';

export interface DataDirectoryLock {
  /** From now on the lock ends with PostgreSQL. */
  retakeNoMore(): void;
  release(): Promise<void>;
}

export interface LockOptions {
  readonly config: pg.ClientConfig;
  readonly dataDir: string;
  /** A dead holder's session may outlive it for a moment. */
  readonly timeoutMs: number;
  /** The lock was lost with PostgreSQL and could not be taken again: another server has it. */
  readonly onLost: (error: Error) => void;
}

interface Hold {
  readonly client: pg.Client;
  /** Resolves when the connection, and with it the lock, is gone. */
  readonly lost: Promise<void>;
}

/** How long PostgreSQL may be away before the lock counts as lost; its restart has its own, shorter, limits. */
const REACQUIRE_TIMEOUT_MS = 120_000;

/**
 * Takes the lock, and takes it again whenever PostgreSQL has restarted.
 * @throws DatabaseError `data_directory_in_use` if another server holds the lock for the whole of `timeoutMs`
 */
export async function holdDataDirectoryLock(options: LockOptions): Promise<DataDirectoryLock> {
  const state = { isReleased: false };
  const isReleased = (): boolean => state.isReleased;
  let hold = await acquire(options);
  const keeping = (async () => {
    for (;;) {
      await hold.lost;
      if (isReleased()) return;
      hold = await reacquire(options, isReleased);
    }
  })().catch((error: unknown) => {
    if (!isReleased()) options.onLost(error instanceof Error ? error : new Error(String(error)));
  });
  return {
    retakeNoMore() {
      state.isReleased = true;
    },
    async release() {
      state.isReleased = true;
      await hold.client.end().catch(() => undefined);
      await keeping;
      await hold.client.end().catch(() => undefined); // one that was taken while we released
    },
  };
}

async function reacquire(options: LockOptions, isReleased: () => boolean): Promise<Hold> {
  const deadline = performance.now() + REACQUIRE_TIMEOUT_MS;
  for (;;) {
    try {
      return await acquire(options);
    } catch (error) {
      const isTaken = error instanceof DatabaseError && error.code === 'data_directory_in_use';
      if (isTaken || isReleased() || performance.now() > deadline) throw error;
      await sleep(50, undefined, { ref: false });
    }
  }
}

async function acquire({ config, dataDir, timeoutMs }: LockOptions): Promise<Hold> {
  const client = new pg.Client({
    ...config,
    application_name: `countersign data directory lock, pid ${process.pid}`,
    connectionTimeoutMillis: 5_000,
  });
  const lost = new Promise<void>((resolve) => {
    client.once('end', resolve);
    client.on('error', () => undefined); // `end` follows
  });
  try {
    await client.connect();
    const deadline = performance.now() + timeoutMs;
    while (!(await tryLock(client))) {
      if (performance.now() > deadline) throw await inUse(client, dataDir);
      await sleep(100);
    }
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return { client, lost };
}

async function tryLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [
    LOCK_KEY,
  ]);
  return rows[0]?.locked === true;
}

async function inUse(client: pg.Client, dataDir: string): Promise<DatabaseError> {
  const { rows } = await client.query<{ application_name: string }>(
    `SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory' AND l.granted AND (l.classid::bigint << 32 | l.objid::bigint) = $1`,
    [LOCK_KEY],
  );
  const holder = /pid \d+$/.exec(rows[0]?.application_name ?? '')?.[0];
  return new DatabaseError(
    'data_directory_in_use',
    `another Countersign server${holder === undefined ? '' : ` (${holder})`} is using the data directory \`${dataDir}\`; ` +
      'stop it, choose another COUNTERSIGN_DATA_DIR, or set DATABASE_URL to run several servers on one database',
  );
}

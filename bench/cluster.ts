// bench/cluster.ts: the PostgreSQL that all forms share: the product's own embedded one, on a directory of its own.
// Must never relax durability: its settings are the product's, with room for more connections.
import { open, rm, statfs } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

import { SILENT_LOG } from '../packages/server/src/db/database-log.ts';
import { startEmbeddedPostgres } from '../packages/server/src/db/embedded-postgres.ts';
import type { PostgresSettings } from '../packages/server/src/db/postgres-settings.ts';
import {
  clearAfterKilledRuns,
  makeThrowawayDirectory,
  removeThrowawayDirectory,
} from '../tests/harness/throwaway-directory.ts';

export type Connection = pg.ClientConfig & {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
};

export interface Cluster {
  readonly directory: string;
  connection(database: string): Connection;
  /** An empty database, or a copy of one that nobody is connected to. */
  create(database: string, template?: string): Promise<Connection>;
  drop(database: string): Promise<void>;
  checkpoint(): Promise<void>;
  walPosition(): Promise<bigint>;
  describe(): Promise<Readonly<Record<string, string>>>;
  stop(): Promise<void>;
}

export async function startCluster(settings: PostgresSettings = {}): Promise<Cluster> {
  await clearAfterKilledRuns();
  const directory = await makeThrowawayDirectory();
  const server = await startEmbeddedPostgres({
    dataDir: directory,
    log: SILENT_LOG,
    settings: { max_connections: 250, ...settings },
  });
  const connection = (database: string): Connection => ({ ...server.connection, database });
  const admin = new pg.Client(connection('postgres'));
  admin.on('error', () => undefined);
  await admin.connect();
  return {
    directory,
    connection,
    async create(database, template = 'template0') {
      await admin.query(`CREATE DATABASE ${database} TEMPLATE ${template}`);
      return connection(database);
    },
    async drop(database) {
      await admin.query(`DROP DATABASE ${database} WITH (FORCE)`);
    },
    async checkpoint() {
      await admin.query('CHECKPOINT');
    },
    async walPosition() {
      const { rows } = await admin.query<{ position: string }>(
        `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::text AS position`,
      );
      return BigInt(rows[0]?.position ?? 0);
    },
    describe: () => describe(admin, directory),
    async stop() {
      await admin.end();
      await server.stop('fast');
      await removeThrowawayDirectory(directory);
    },
  };
}

const SHOWN_SETTINGS = [
  'server_version',
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'wal_level',
  'wal_sync_method',
  'wal_compression',
  'shared_buffers',
  'max_wal_size',
  'checkpoint_timeout',
  'commit_delay',
  'autovacuum',
];

async function describe(admin: pg.Client, directory: string): Promise<Record<string, string>> {
  const shown: Record<string, string> = {
    processor: `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores`,
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    'file system': fileSystemOf((await statfs(directory)).type),
    'write and fdatasync of 8 KiB': `${(await syncMs(directory)).toFixed(2)} ms (median of 100)`,
  };
  for (const name of SHOWN_SETTINGS) {
    const { rows } = await admin.query<{ value: string }>('SELECT current_setting($1) AS value', [name]);
    shown[name] = rows[0]?.value ?? '';
  }
  return shown;
}

/** From statfs(2). On tmpfs a commit costs nothing, and no ratio here would mean anything. */
function fileSystemOf(type: number): string {
  const names: Readonly<Record<number, string>> = {
    0xef53: 'ext4',
    0x58465342: 'xfs',
    0x9123683e: 'btrfs',
    0x794c7630: 'overlayfs',
    0x01021994: 'tmpfs (commits cost nothing here: set TMPDIR to a disk)',
  };
  return names[type] ?? `0x${type.toString(16)}`;
}

async function syncMs(directory: string): Promise<number> {
  const path = join(directory, 'sync-probe');
  const file = await open(path, 'w');
  const page = Buffer.alloc(8_192);
  const times: number[] = [];
  try {
    for (let index = 0; index < 100; index += 1) {
      const started = performance.now();
      await file.write(page, 0, page.length, index * page.length);
      await file.datasync();
      times.push(performance.now() - started);
    }
  } finally {
    await file.close();
    await rm(path);
  }
  return times.sort((a, b) => a - b)[50] ?? 0;
}

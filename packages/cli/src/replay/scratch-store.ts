// replay/scratch-store.ts: a database that exists for one replay: an embedded cluster in a folder of its own, or a
// database beside yours. INVARIANT: the live ledger is never opened; what was made here is what is removed here.
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DatabaseConnection, openDatabase, openStore } from '@countersign/server';

import { CommandFailure } from '../failure.ts';
import type { GatewayLog } from '../terminal/gateway-log.ts';

export interface ScratchStore {
  readonly connection: DatabaseConnection;
  readonly logKeyFile: string;
  /** Where it can be found when it is kept; no password in it. */
  readonly description: string;
  /** Stops what was started, and removes it all unless it is to be kept. */
  end(options: { readonly keep: boolean }): Promise<void>;
}

export interface ScratchOptions {
  /** The folder in which the scratch cluster's own folder is made. Default: the system's temporary folder. */
  readonly dataDir: string | undefined;
  /** A PostgreSQL in which a scratch database is made. */
  readonly databaseUrl: string | undefined;
  readonly log: GatewayLog;
}

export async function openScratchStore({ dataDir, databaseUrl, log }: ScratchOptions): Promise<ScratchStore> {
  const parent = dataDir ?? tmpdir();
  await mkdir(parent, { recursive: true });
  const directory = await mkdtemp(join(parent, 'countersign-replay-'));
  // PostgreSQL runs as another user where this process is root, and has to pass through.
  if (process.getuid?.() === 0) await chmod(directory, 0o711);
  const logKeyFile = join(directory, 'log-key.pem');
  const removeDirectory = (): Promise<void> =>
    rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  try {
    return databaseUrl === undefined
      ? await embeddedStore(directory, { logKeyFile, removeDirectory, log })
      : await databaseBeside(databaseUrl, { logKeyFile, removeDirectory, directory });
  } catch (error) {
    await removeDirectory();
    throw error;
  }
}

async function embeddedStore(
  directory: string,
  given: {
    readonly logKeyFile: string;
    readonly removeDirectory: () => Promise<void>;
    readonly log: GatewayLog;
  },
): Promise<ScratchStore> {
  const { connection, embedded } = await openStore({ databaseUrl: null, dataDir: directory, log: given.log });
  if (embedded === null) throw new Error('without a DATABASE_URL the store is embedded');
  return {
    connection,
    logKeyFile: given.logKeyFile,
    description: directory,
    async end({ keep }) {
      await embedded.stop(keep ? 'fast' : 'immediate');
      if (keep) return;
      // As root, the cluster may lie outside, where its user can reach it.
      await rm(embedded.clusterDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
      await given.removeDirectory();
    },
  };
}

async function databaseBeside(
  databaseUrl: string,
  given: {
    readonly logKeyFile: string;
    readonly removeDirectory: () => Promise<void>;
    readonly directory: string;
  },
): Promise<ScratchStore> {
  const name = `countersign_replay_${randomBytes(6).toString('hex')}`;
  await administer(databaseUrl, `CREATE DATABASE ${name}`);
  return {
    connection: withDatabase(databaseUrl, name),
    logKeyFile: given.logKeyFile,
    description: `database ${name}, log key in ${given.directory}`,
    async end({ keep }) {
      if (keep) return;
      await administer(databaseUrl, `DROP DATABASE ${name} WITH (FORCE)`);
      await given.removeDirectory();
    },
  };
}

async function administer(databaseUrl: string, statement: string): Promise<void> {
  try {
    const database = await openDatabase({
      connection: databaseUrl,
      applicationName: 'countersign replay',
      as: 'owner',
    });
    try {
      await database.pool.query(statement);
    } finally {
      await database.close();
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(
      `the scratch database cannot be made or removed on the given server: ${reason}`,
      1,
      { cause: error },
    );
  }
}

function withDatabase(databaseUrl: string, name: string): string {
  const [address = '', ...query] = databaseUrl.split('?');
  const withoutName = address.replace(/^([a-z]+:\/\/[^/]*)(\/.*)?$/, '$1');
  return [`${withoutName}/${name}`, ...query].join('?');
}

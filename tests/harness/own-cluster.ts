// A private cluster for tests that crash PostgreSQL, which the shared one would not forgive.

import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from '../../packages/server/src/db/embedded-postgres.ts';
import { SILENT_LOG } from '../../packages/server/src/db/database-log.ts';
import { makeThrowawayDirectory, removeThrowawayDirectory } from './throwaway-directory.ts';

export interface OwnCluster {
  readonly server: EmbeddedPostgres;
  readonly dataDir: string;
  /** What a power cut leaves of the server process: `kill -9` of the postmaster. */
  killPostmaster(): void;
  /** What `pg_ctl stop -m immediate` does. */
  stopImmediately(): void;
  /** Resolves when a server other than the one with `previousPid` accepts connections again. */
  untilRestarted(previousPid: number): Promise<void>;
  /** Stops the server and removes its directory. */
  remove(): Promise<void>;
}

export async function startOwnCluster(options: Partial<EmbeddedPostgresOptions> = {}): Promise<OwnCluster> {
  const dataDir = options.dataDir ?? (await makeThrowawayDirectory());
  const server = await startEmbeddedPostgres({
    log: SILENT_LOG,
    ...options,
    settings: { shared_buffers: '64MB', ...options.settings },
    dataDir,
  });
  return {
    server,
    dataDir,
    killPostmaster: () => void process.kill(server.postmasterPid(), 'SIGKILL'),
    stopImmediately: () => void process.kill(server.postmasterPid(), 'SIGQUIT'),
    async untilRestarted(previousPid) {
      while (server.postmasterPid() === previousPid) await sleep(20);
      while (!(await accepts(server.connection))) await sleep(20);
    },
    async remove() {
      await server.stop('immediate');
      await removeThrowawayDirectory(dataDir);
    },
  };
}

async function accepts(connection: pg.ClientConfig): Promise<boolean> {
  const client = new pg.Client(connection);
  client.on('error', () => undefined);
  return client
    .connect()
    .then(() => true)
    .catch(() => false)
    .finally(() => client.end().catch(() => undefined));
}

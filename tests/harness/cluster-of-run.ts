// Vitest's global setup: one embedded cluster a run, and in it a migrated template that each test file copies.
// Must leave no process and no file behind.

import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../packages/server/src/db/migrate.ts';
import { startEmbeddedPostgres } from '../../packages/server/src/db/embedded-postgres.ts';
import { WARNINGS_TO_STDERR } from './test-log.ts';
import {
  clearAfterKilledRuns,
  makeThrowawayDirectory,
  removeThrowawayDirectory,
} from './throwaway-directory.ts';

/** What test files get of it; a plain object, because it crosses a process boundary. */
export interface ClusterOfRun {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly template: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    clusterOfRun: ClusterOfRun;
  }
}

const TEMPLATE = 'countersign_template';

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await clearAfterKilledRuns();
  const dataDir = await makeThrowawayDirectory();
  const server = await startEmbeddedPostgres({
    dataDir,
    log: WARNINGS_TO_STDERR,
    settings: { shared_buffers: '128MB', max_connections: 200 },
  });
  // INVARIANT: nobody connects to the template after this, or CREATE DATABASE would refuse to copy it.
  const { connection } = server;
  const owner = new pg.Client(connection);
  await owner.connect();
  await owner.query(`CREATE DATABASE ${TEMPLATE}`);
  await owner.end();
  await migrate({ connection: { ...connection, database: TEMPLATE } });

  const { host, port, user, password } = connection;
  project.provide('clusterOfRun', { host, port, user, password, template: TEMPLATE });
  return async () => {
    await server.stop('immediate');
    await removeThrowawayDirectory(dataDir);
  };
}

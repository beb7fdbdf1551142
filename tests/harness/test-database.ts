// A database of its own for a test file: a copy of the migrated template in the run's shared cluster.

import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { openDatabase, type Database } from '../../packages/server/src/db/connect.ts';

export interface TestDatabase {
  readonly name: string;
  /** The owner's connection; Countersign's own schema has to be named in SQL, or use `open`. */
  readonly connection: pg.ClientConfig & { host: string; port: number; user: string; password: string };
  /** The same as one string, for a child process. */
  readonly connectionString: string;
  /** As the gateway unless told otherwise; closed by `drop`. */
  open(as?: 'gateway' | 'owner'): Promise<Database>;
  /** Ends every session and removes the database. */
  drop(): Promise<void>;
}

/** @param from `empty` for a database without Countersign's schema */
export async function createTestDatabase(from: 'template' | 'empty' = 'template'): Promise<TestDatabase> {
  const { template, ...server } = inject('clusterOfRun');
  const name = `test_${randomBytes(8).toString('hex')}`;
  const source = from === 'template' ? template : 'template0';
  await administer(server, `CREATE DATABASE ${name} TEMPLATE ${source}`);

  const connection = { ...server, database: name };
  const opened: Database[] = [];
  return {
    name,
    connection,
    connectionString:
      `postgresql://${server.user}:${server.password}@/${name}` +
      `?host=${encodeURIComponent(server.host)}&port=${server.port}`,
    async open(as = 'gateway') {
      const database = await openDatabase({ connection, applicationName: 'countersign test', as });
      opened.push(database);
      return database;
    },
    async drop() {
      await Promise.all(opened.map((database) => database.close()));
      await administer(server, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function administer(server: pg.ClientConfig, sql: string): Promise<void> {
  const client = new pg.Client({ ...server, database: 'postgres' });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

// Brings a database to the schema of this code: numbered SQL files, in order, each in a transaction of its own.
// Must not run against a database that a newer version, or a changed file, has made.

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { DatabaseError } from './database-error.ts';
import { SILENT_LOG, type DatabaseLog } from './database-log.ts';
import { SCHEMA, sessionConfig, type DatabaseConnection } from './session-config.ts';
import { commit } from './transaction.ts';

export interface MigrateOptions {
  /** The owner's connection. */
  readonly connection: DatabaseConnection;
  readonly log?: DatabaseLog;
  readonly directory?: string;
}

export interface MigrationReport {
  readonly version: number;
  readonly applied: readonly string[];
}

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url));

/** Any constant that no other advisory lock of the project uses. */
const LOCK_KEY = '4850021763904514';

/** @throws DatabaseError `database_newer_than_code`, `migration_changed` or `migration_failed` */
export async function migrate({
  connection,
  log = SILENT_LOG,
  directory = MIGRATIONS,
}: MigrateOptions): Promise<MigrationReport> {
  const migrations = await readMigrations(directory);
  const client = new pg.Client(sessionConfig(connection, { applicationName: 'countersign migrations' }));
  client.on('error', () => undefined); // statements reject
  await client.connect();
  try {
    // Gateways that start together wait here for the first one. The lock ends with the connection.
    await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY]);
    await createHistory(client);
    const pending = await findPending(client, migrations);
    for (const migration of pending) {
      await apply(client, migration);
      log.info({ migration: migration.name }, 'applied a database migration');
    }
    return { version: migrations.at(-1)?.version ?? 0, applied: pending.map(({ name }) => name) };
  } finally {
    await client.end();
  }
}

async function readMigrations(directory: string): Promise<Migration[]> {
  const migrations: Migration[] = [];
  for (const name of (await readdir(directory)).sort()) {
    if (!name.endsWith('.sql')) continue;
    const version = Number(/^(\d{4})-[a-z0-9-]+\.sql$/.exec(name)?.[1] ?? Number.NaN);
    if (version !== migrations.length + 1) {
      throw new DatabaseError(
        'migration_failed',
        `\`${name}\`: migrations are named 0001-name.sql, without gaps`,
      );
    }
    // Line endings do not count: git may change them on check-out.
    const sql = (await readFile(`${directory}/${name}`, 'utf8')).replaceAll('\r\n', '\n');
    migrations.push({ version, name, sql, sha256: createHash('sha256').update(sql).digest('hex') });
  }
  return migrations;
}

async function createHistory(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ found: boolean }>(
    `SELECT to_regclass('${SCHEMA}.schema_migration') IS NOT NULL AS found`,
  );
  if (rows[0]?.found === true) return;
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`);
  await client.query(`CREATE TABLE ${SCHEMA}.schema_migration (
    version integer PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`);
}

async function findPending(
  client: pg.Client,
  migrations: readonly Migration[],
): Promise<readonly Migration[]> {
  const { rows } = await client.query<{ version: number; name: string; sha256: string }>(
    'SELECT version, name, sha256 FROM schema_migration ORDER BY version',
  );
  for (const done of rows) {
    const known = migrations[done.version - 1];
    if (known === undefined) {
      throw new DatabaseError(
        'database_newer_than_code',
        `the database has migration \`${done.name}\`, which this version does not know; run the newer version`,
      );
    }
    if (known.sha256 !== done.sha256) {
      throw new DatabaseError(
        'migration_changed',
        `\`${known.name}\` was changed after it had been applied to this database; add a new migration instead`,
      );
    }
  }
  return migrations.slice(rows.length);
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  try {
    await client.query('BEGIN');
    const before = await currentTransaction(client);
    await client.query(migration.sql);
    if ((await currentTransaction(client)) !== before)
      throw new Error('the file ends the transaction it runs in');
    await client.query('INSERT INTO schema_migration (version, name, sha256) VALUES ($1, $2, $3)', [
      migration.version,
      migration.name,
      migration.sha256,
    ]);
    await commit(client);
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => undefined);
    const reason = cause instanceof Error ? cause.message : String(cause);
    const place = `${migration.name}${lineOf(cause, migration.sql)}`;
    throw new DatabaseError('migration_failed', `migration \`${place}\` failed: ${reason}`, { cause });
  }
}

async function currentTransaction(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ id: string }>('SELECT pg_current_xact_id()::text AS id');
  return rows[0]?.id;
}

function lineOf(error: unknown, sql: string): string {
  if (!(error instanceof pg.DatabaseError) || error.position === undefined) return '';
  return `:${sql.slice(0, Number(error.position)).split('\n').length}`;
}

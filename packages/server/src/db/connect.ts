// Opens a database: a pool for the control plane and reads, dedicated connections for those who need one.
// Must not log a statement's parameters.

import pg from 'pg';
import { DatabaseError, describeDatabaseError } from './database-error.ts';
import { SILENT_LOG, type DatabaseLog } from './database-log.ts';
import { assertDurable, type DurabilitySettings } from './durability.ts';
import { GATEWAY_ROLE, sessionConfig, type DatabaseConnection } from './session-config.ts';
import { runTransaction, type TransactionOptions } from './transaction.ts';

export interface Database {
  /** For reads and for the control plane; the gate has its own writer. */
  readonly pool: pg.Pool;
  readonly durability: DurabilitySettings;
  /** The role the sessions have taken on; undefined where the migration could not create it. */
  readonly role: string | undefined;
  /** A connection of its own, which the caller ends. */
  connect(): Promise<pg.Client>;
  /**
   * A connection in pipeline mode, which the caller ends. Statements go out without waiting for earlier answers, so
   * every promise needs a rejection handler, and COMMIT needs `assertCommitted`. `end` is emitted when it is lost.
   */
  writer(): Promise<pg.Client>;
  /** One transaction that has committed when this resolves; `run` may run more than once. */
  transaction<Value>(
    run: (client: pg.PoolClient) => Promise<Value>,
    options?: TransactionOptions,
  ): Promise<Value>;
  close(): Promise<void>;
}

export interface OpenDatabaseOptions {
  readonly connection: DatabaseConnection;
  readonly applicationName: string;
  readonly log?: DatabaseLog;
  readonly poolSize?: number;
  /** `owner` for migrations and tests of the schema itself; `gateway` (default) for everything that runs. */
  readonly as?: 'gateway' | 'owner';
}

const POOL_SIZE = 8;
/**
 * The writer sends the same few statements for ever, with arrays of any length. Left to itself PostgreSQL finds a plan
 * made for one array a little cheaper than one for all, and plans each statement anew each time: about a third of its work.
 */
const WRITER_OPTIONS = [
  'plan_cache_mode=force_generic_plan',
  // They find few rows by key in tables of any size: a plan that reads a whole table is never the right one.
  'enable_seqscan=off',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
]
  .map((setting) => `-c ${setting}`)
  .join(' ');

/** @throws DatabaseError `database_not_durable`, or `postgres_unavailable` if there is no connection */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const { connection, applicationName, log = SILENT_LOG, poolSize = POOL_SIZE, as = 'gateway' } = options;
  const { durability, gatewayRole } = await inspect(connection, applicationName);
  const role = as === 'gateway' ? gatewayRole : undefined;
  const config = sessionConfig(connection, { applicationName, ...(role === undefined ? {} : { role }) });

  const pool = new pg.Pool({ ...config, max: poolSize, idleTimeoutMillis: 60_000 });
  pool.on('error', (error) => log.warn(describeDatabaseError(error), 'an idle database connection was lost'));
  // A connection that fails while it is checked out has no listener of the pool, and an unheard `error` event would
  // end the process; its statements reject anyway.
  pool.on('connect', (client) => client.on('error', () => undefined));

  const connect = (): Promise<pg.Client> => connectClient(config);
  return {
    pool,
    durability,
    role,
    connect,
    writer: () =>
      connectClient({
        ...config,
        pipeline: true,
        application_name: `${applicationName} writer`,
        options: `${config.options ?? ''} ${WRITER_OPTIONS}`,
      }),
    transaction: (run, transactionOptions) => runTransaction(pool, connect, run, transactionOptions),
    close: () => pool.end(),
  };
}

async function connectClient(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(config);
  client.on('error', () => undefined); // its statements reject, and `end` follows
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return client;
}

async function inspect(
  connection: DatabaseConnection,
  applicationName: string,
): Promise<{ durability: DurabilitySettings; gatewayRole: string | undefined }> {
  const client = await connectClient(sessionConfig(connection, { applicationName })).catch(
    (cause: unknown) => {
      const { message, code } = describeDatabaseError(cause);
      throw new DatabaseError(
        'postgres_unavailable',
        `no connection to the database: ${message ?? code ?? ''}`,
        {
          cause,
        },
      );
    },
  );
  try {
    const durability = await assertDurable(client);
    return { durability, gatewayRole: (await canBecomeGateway(client)) ? GATEWAY_ROLE : undefined };
  } finally {
    await client.end();
  }
}

/** By trying: what allows SET ROLE differs between PostgreSQL versions. */
async function canBecomeGateway(client: pg.Client): Promise<boolean> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [GATEWAY_ROLE]);
  if (rowCount === 0) return false;
  return client.query(`SET ROLE ${GATEWAY_ROLE}`).then(
    () => true,
    () => false,
  );
}

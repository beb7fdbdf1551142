// Refuses a database that may lose what it has acknowledged. Used for the embedded cluster and for DATABASE_URL alike.

import type { ClientBase } from 'pg';
import { DatabaseError } from './database-error.ts';

export interface DurabilitySettings {
  readonly serverVersion: string;
  readonly fsync: string;
  readonly synchronousCommit: string;
  readonly fullPageWrites: string;
}

/**
 * `synchronous_commit` is read as this very connection has it: a role or database can set its own.
 * @throws DatabaseError `database_not_durable` if fsync or synchronous_commit is off, or the server is a read-only standby
 */
export async function assertDurable(client: ClientBase): Promise<DurabilitySettings> {
  const { rows } = await client.query<DurabilitySettings & { isStandby: boolean }>(
    `SELECT current_setting('server_version') AS "serverVersion", current_setting('fsync') AS fsync,
            current_setting('synchronous_commit') AS "synchronousCommit",
            current_setting('full_page_writes') AS "fullPageWrites", pg_is_in_recovery() AS "isStandby"`,
  );
  const row = rows[0];
  if (row === undefined) throw new Error('a SELECT without FROM returned no row');
  const { isStandby, ...settings } = row;
  for (const [name, value] of [
    ['fsync', settings.fsync],
    ['synchronous_commit', settings.synchronousCommit],
  ]) {
    if (value === 'off') {
      throw new DatabaseError(
        'database_not_durable',
        `the database has \`${name}\` off: an acknowledged purchase could be lost in a crash; switch it on`,
      );
    }
  }
  if (isStandby) {
    throw new DatabaseError(
      'database_not_durable',
      'the database is a read-only standby; connect to the primary',
    );
  }
  return settings;
}

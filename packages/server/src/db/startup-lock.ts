// db/startup-lock.ts: one gateway at a time looks whether the installation exists and makes it. Ends with its connection.
import type { Database } from './connect.ts';

/** Any constant that no other advisory lock of the project uses. */
const LOCK_KEY = '4850021763904515';

export async function withStartupLock<T>(
  database: Pick<Database, 'connect'>,
  work: () => Promise<T>,
): Promise<T> {
  const client = await database.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY]);
    return await work();
  } finally {
    await client.end();
  }
}

// The control plane on a test database, with a clock that the test owns, and what it left in the record.
import type { Pool } from 'pg';

import type { Database } from '../../packages/server/src/db/connect.ts';
import { resolveUncertainCommit } from '../../packages/server/src/db/uncertain-commit.ts';
import { Writer } from '../../packages/server/src/db/writer.ts';
import { type Admin, createAdmin } from '../../packages/server/src/admin/admin.ts';
import { AdminError } from '../../packages/server/src/admin/admin-error.ts';
import type { AdminContext } from '../../packages/server/src/admin/apply-change.ts';
import { ensureInstallation } from '../../packages/server/src/admin/ensure-installation.ts';
import type { PrincipalCaller } from '../../packages/server/src/record/caller.ts';
import { createTestDatabase } from './test-database.ts';
import { testLogKey, testRecorder } from './test-record.ts';

export interface TestAdmin {
  readonly admin: Admin;
  readonly context: AdminContext;
  readonly database: Database;
  readonly clock: { nowMs: number };
  /** The entries that a piece of work wrote, in order. */
  entriesOf(work: () => Promise<unknown>): Promise<RecordedBody[]>;
  version(): Promise<bigint>;
  close(): Promise<void>;
}

export interface RecordedBody {
  readonly type: string;
  readonly subject_id: string;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly entry_id: number;
  readonly changes: Readonly<Record<string, { readonly before: unknown; readonly after: unknown }>>;
  readonly [field: string]: unknown;
}

/** The operator whose changes the tests make. */
export const OPERATOR: PrincipalCaller = {
  kind: 'principal',
  principalId: 'olga',
  roles: ['operator'],
  email: null,
  keyId: 'key_olga',
};

export function adminContext(
  database: Database,
  clock: { nowMs: number },
): AdminContext & { writer: Writer } {
  const writer = new Writer({
    connect: () => database.writer(),
    outcomeOf: (transactionId) =>
      resolveUncertainCommit({ connect: () => database.connect(), transactionId }),
  });
  return { writer, recorder: testRecorder(testLogKey()), pool: database.pool, now: () => clock.nowMs };
}

/** A database of its own with an installation in it. */
export async function createTestAdmin(): Promise<TestAdmin> {
  const testDatabase = await createTestDatabase();
  const database = await testDatabase.open();
  const clock = { nowMs: Date.UTC(2026, 10, 18, 10, 0, 0) };
  const context = adminContext(database, clock);
  await ensureInstallation(context, 'inst_test');
  return {
    admin: createAdmin({ ...context, allowPrivateWebhooks: false }),
    context,
    database,
    clock,
    async entriesOf(work) {
      const before = await entryBodies(database.pool);
      await work();
      return (await entryBodies(database.pool)).slice(before.length);
    },
    async version() {
      const { rows } = await database.pool.query<{ version: bigint }>('SELECT version FROM configuration');
      return rows[0]?.version ?? -1n;
    },
    async close() {
      await context.writer.close();
      await testDatabase.drop();
    },
  };
}

/** Every entry of the log, as its exact bytes say. */
export async function entryBodies(pool: Pool): Promise<RecordedBody[]> {
  const { rows } = await pool.query<{ body: Buffer }>('SELECT body FROM log_entry ORDER BY entry_id');
  return rows.map((row) => JSON.parse(row.body.toString('utf8')) as RecordedBody);
}

/** Every value of every row of every table, as one text, without the named tables. */
export async function dumpOfEverything(pool: Pool, except: readonly string[] = []): Promise<string> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'countersign' ORDER BY tablename`,
  );
  const parts: string[] = [];
  for (const { name } of tables.filter((table) => !except.includes(table.name))) {
    const { rows } = await pool.query<Record<string, unknown>>(`SELECT * FROM countersign.${name}`);
    for (const row of rows) {
      for (const value of Object.values(row)) {
        parts.push(
          Buffer.isBuffer(value) ? value.toString('latin1') : (JSON.stringify(value, withBigints) ?? ''),
        );
      }
    }
  }
  return parts.join('\n');
}

function withBigints(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

/** What a refused change was refused with. */
export async function refusalOf(
  work: Promise<unknown>,
): Promise<{ code: string; field: string | null; faults: string[] }> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
    return { code: error.code, field: error.field, faults: error.faults.map((fault) => fault.code) };
  }
  throw new Error('it was not refused');
}

// The embedded cluster's settings: two cores, many small durable commits.
// Must never lower fsync, synchronous_commit or full_page_writes.

import { randomBytes } from 'node:crypto';
import { chown, open, readFile, rename } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import type { PostgresUser } from './postgres-user.ts';

export type PostgresSettings = Readonly<Record<string, string | number | boolean>>;

const GENERATED_FILE = 'countersign.conf';
const MIB = 1024 * 1024;

export function embeddedSettings(memoryBytes = usableMemoryBytes()): PostgresSettings {
  const isSmall = memoryBytes < 4096 * MIB;
  const effectiveCacheMb = Math.max(512, Math.floor(memoryBytes / MIB / 2));
  return {
    fsync: true,
    synchronous_commit: true,
    full_page_writes: true,
    wal_level: 'replica',
    wal_buffers: '16MB',
    // Off: the embedded build has only pglz, which costs more for a page of random index entries than writing it whole.
    wal_compression: 'off',
    max_wal_size: '4GB',
    min_wal_size: '256MB',
    checkpoint_timeout: '15min',
    checkpoint_completion_target: 0.9,

    shared_buffers: isSmall ? '256MB' : '512MB',
    effective_cache_size: `${effectiveCacheMb}MB`,
    work_mem: '16MB',
    maintenance_work_mem: '128MB',
    random_page_cost: 1.1,
    jit: false,
    // Parallel queries would take the cores from the gate.
    max_parallel_workers_per_gather: 0,

    max_connections: 60,
    max_locks_per_transaction: 256,

    // Hot budget rows get a version per batch: short naps keep their chains short.
    autovacuum_naptime: '15s',
    autovacuum_vacuum_scale_factor: 0.05,
    autovacuum_analyze_scale_factor: 0.05,
    autovacuum_vacuum_insert_scale_factor: 0.1,
    autovacuum_vacuum_cost_limit: 1000,

    // Nothing a request carried may reach PostgreSQL's log: no parameters, no DETAIL, no CONTEXT.
    log_error_verbosity: 'terse',
    log_parameter_max_length: 0,
    log_parameter_max_length_on_error: 0,
    log_checkpoints: false,
    log_line_prefix: '%m [%p] ',
    log_timezone: 'UTC',
    timezone: 'UTC',
  };
}

/** Memory this process may use: the container's limit where there is one. */
function usableMemoryBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** Writes the generated file and makes `postgresql.conf` include it, once, ahead of whatever a person adds below. */
export async function writeSettings(
  clusterDir: string,
  settings: PostgresSettings,
  user: PostgresUser,
): Promise<void> {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${quote(value)}`);
  const header =
    '# Rewritten at every start. Put your own settings at the end of postgresql.conf, where they win.';
  await replaceFile(join(clusterDir, GENERATED_FILE), `${[header, ...lines].join('\n')}\n`, user);

  const mainPath = join(clusterDir, 'postgresql.conf');
  const main = await readFile(mainPath, 'utf8');
  const include = `include '${GENERATED_FILE}'`;
  if (main.split('\n').includes(include)) return;
  await replaceFile(
    mainPath,
    `${main.trimEnd()}\n\n${include}\n# Your own settings go below this line.\n`,
    user,
  );
}

function quote(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return `'${String(value).replaceAll("'", "''")}'`;
}

/** Made anew and renamed, so that root never writes through a link the PostgreSQL user has put there. */
async function replaceFile(path: string, content: string, user: PostgresUser): Promise<void> {
  const aside = `${path}.${randomBytes(4).toString('hex')}`;
  const file = await open(aside, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  if (!user.isSelf) await chown(aside, user.uid, user.gid);
  await rename(aside, path);
}

// Where the embedded cluster of a data directory lives, its password, and its creation by initdb.
// Must leave either a whole cluster or none: everything is built aside and renamed into place.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  link,
  mkdir,
  open,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { DatabaseError, errorCodeOf } from './database-error.ts';
import type { DatabaseLog } from './database-log.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { canEnterDirectory, spawnOptionsFor, type PostgresUser } from './postgres-user.ts';

const run = promisify(execFile);

/** Survives reboots, and any user may pass through it: where things go that cannot lie in the data directory. */
export const SYSTEM_STATE_DIRECTORY = '/var/lib/countersign';

export const SUPERUSER = 'countersign';

const LOCATION_FILE = 'cluster-location';
const PASSWORD_FILE = 'postgres-password';

/**
 * Creates the data directory if it is missing. Started by root it lets other users pass (not list or read), because
 * PostgreSQL runs as another user; an existing directory is left as it is.
 */
export async function ensureDataDirectory(dataDir: string): Promise<void> {
  if (process.getuid?.() === 0) await makePassableDirectory(resolve(dataDir));
  else await mkdir(dataDir, { recursive: true, mode: 0o700 });
}

/** Appears with its final mode, whatever the umask: a second start must not find it closed and go elsewhere. */
async function makePassableDirectory(directory: string): Promise<void> {
  if (await exists(directory)) return;
  await makePassableDirectory(dirname(directory));
  const aside = `${directory}.${process.pid}-${randomBytes(4).toString('hex')}`;
  await mkdir(aside);
  await chmod(aside, 0o711);
  await rename(aside, directory).catch(async (error: unknown) => {
    await rm(aside, { recursive: true });
    if (!(await exists(directory))) throw error;
  });
}

/** The cluster of this data directory as an earlier start chose it, or where it goes by default. */
export async function readClusterDirectory(dataDir: string): Promise<string> {
  const inside = join(dataDir, 'postgres');
  try {
    const recorded = (await readFile(join(dataDir, LOCATION_FILE), 'utf8')).trim();
    if (!isAbsolute(recorded)) {
      throw new DatabaseError(
        'postgres_unusable',
        `\`${join(dataDir, LOCATION_FILE)}\` does not hold an absolute path`,
      );
    }
    return recorded;
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return inside;
    throw error;
  }
}

export interface PlacementOptions {
  readonly dataDir: string;
  readonly clusterDir: string;
  readonly user: PostgresUser;
  readonly log: DatabaseLog;
  /** By default {@link SYSTEM_STATE_DIRECTORY}. */
  readonly outsideParent: string;
}

/**
 * Moves the choice outside the data directory when the PostgreSQL user cannot enter it, and records that choice.
 * The outside name is random, so that a new data directory at an old path never meets the old one's cluster.
 */
export async function placeCluster(options: PlacementOptions): Promise<string> {
  const { dataDir, clusterDir, user, log, outsideParent } = options;
  const parent = dirname(clusterDir);
  if (user.isSelf || (await canEnterDirectory(user, parent))) return clusterDir;
  if (parent !== dataDir || (await isCluster(clusterDir))) {
    throw new DatabaseError(
      'postgres_unusable',
      `PostgreSQL runs as ${user.name}, who cannot enter \`${parent}\` where its cluster is; allow it to (chmod o+x)`,
    );
  }
  await mkdir(outsideParent, { recursive: true });
  await chmod(outsideParent, 0o755);
  const outside = join(outsideParent, `cluster-${randomBytes(6).toString('hex')}`);
  const recorded = (await createOnce(join(dataDir, LOCATION_FILE), `${outside}\n`)).trim();
  log.warn(
    { clusterDir: recorded, dataDir, user: user.name },
    `PostgreSQL runs as ${user.name}, who cannot enter \`${dataDir}\`: the database is kept in \`${recorded}\``,
  );
  return recorded;
}

/** The superuser's password: made once, readable by the gateway's user alone. */
export async function ensurePassword(dataDir: string, clusterDir: string): Promise<string> {
  const path = join(dataDir, PASSWORD_FILE);
  if ((await isCluster(clusterDir)) && !(await exists(path))) {
    throw new DatabaseError(
      'postgres_unusable',
      `the password of the cluster in \`${clusterDir}\` is missing; restore \`${path}\` from a backup`,
    );
  }
  return createOnce(path, randomBytes(24).toString('base64url'));
}

/** Runs initdb unless the cluster exists. Two processes may try at once; one of the clusters wins. */
export async function ensureCluster(cluster: {
  clusterDir: string;
  password: string;
  user: PostgresUser;
  binaries: PostgresBinaries;
}): Promise<void> {
  const { clusterDir, password, user, binaries } = cluster;
  if (await isCluster(clusterDir)) return checkMajorVersion(clusterDir, binaries);

  await removeLeftovers(clusterDir);
  const aside = `${clusterDir}.initializing-${process.pid}-${randomBytes(4).toString('hex')}`;
  const passwordFile = `${aside}.password`;
  try {
    await mkdir(aside, { mode: 0o700 });
    await writeFile(passwordFile, password, { mode: 0o600, flag: 'wx' });
    if (!user.isSelf) {
      await chown(aside, user.uid, user.gid);
      await chown(passwordFile, user.uid, user.gid);
    }
    const parameters = ['-D', aside, '-U', SUPERUSER, `--pwfile=${passwordFile}`, ...INITDB_PARAMETERS];
    await run(binaries.initdb, parameters, spawnOptionsFor(user)).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new DatabaseError('postgres_unusable', `initdb failed in \`${aside}\`: ${reason}`, { cause });
    });
    await rename(aside, clusterDir).catch(async (error: unknown) => {
      if (!(await isCluster(clusterDir))) throw error;
    });
    await syncDirectory(dirname(clusterDir));
  } finally {
    await rm(aside, { recursive: true, force: true });
    await rm(passwordFile, { force: true });
  }
}

// Code point order everywhere and Unicode case mapping, from PostgreSQL's own tables: an operating system update
// cannot change the order of an index.
const INITDB_PARAMETERS = [
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--no-instructions',
];

async function checkMajorVersion(clusterDir: string, binaries: PostgresBinaries): Promise<void> {
  const found = (await readFile(join(clusterDir, 'PG_VERSION'), 'utf8')).trim();
  if (found === String(binaries.majorVersion)) return;
  throw new DatabaseError(
    'postgres_unusable',
    `the cluster in \`${clusterDir}\` was made by PostgreSQL ${found}, and this is ${binaries.majorVersion}; ` +
      `upgrade it with pg_upgrade, or dump it with the old version and restore`,
  );
}

/** Of starts that were killed during initdb. One whose process still runs is left alone. */
async function removeLeftovers(clusterDir: string): Promise<void> {
  const parent = dirname(clusterDir);
  for (const name of await readdir(parent)) {
    const pid = /\.initializing-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || !join(parent, name).startsWith(`${clusterDir}.`) || isAlive(Number(pid)))
      continue;
    await rm(join(parent, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCodeOf(error) === 'EPERM';
  }
}

/** Writes a whole file under its name unless there is one, and answers what the file then holds. */
async function createOnce(path: string, content: string): Promise<string> {
  const aside = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    const file = await open(aside, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(aside, path).catch((error: unknown) => {
      if (errorCodeOf(error) !== 'EEXIST') throw error;
    });
    await syncDirectory(dirname(path));
  } finally {
    await rm(aside, { force: true });
  }
  return readFile(path, 'utf8');
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function isCluster(directory: string): Promise<boolean> {
  return exists(join(directory, 'PG_VERSION'));
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

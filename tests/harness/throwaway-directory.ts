// A temporary data directory for a test's own cluster. Also clears what a killed run has left.
// Must not touch a directory whose run is still alive.

import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorCodeOf } from '../../packages/server/src/db/database-error.ts';
import { findPostmaster, stopPostmaster } from '../../packages/server/src/db/postmaster.ts';

const PREFIX = 'countersign-test-';

/** Under /tmp or TMPDIR, passable for the user PostgreSQL runs as. */
export async function makeThrowawayDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  if (process.getuid?.() === 0) await chmod(directory, 0o711);
  return directory;
}

export async function removeThrowawayDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

/** Stops the servers and removes the directories of runs that were killed. */
export async function clearAfterKilledRuns(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const directory = join(tmpdir(), name);
    try {
      for (const entry of await readdir(directory, { recursive: true })) {
        if (!entry.endsWith('postmaster.pid')) continue;
        const postmaster = await findPostmaster(join(directory, entry, '..'));
        if (postmaster !== undefined) await stopPostmaster(postmaster, 'immediate', 5_000);
      }
      await removeThrowawayDirectory(directory);
    } catch (error) {
      if (!['EACCES', 'EPERM', 'ENOENT'].includes(errorCodeOf(error) ?? '')) throw error; // another user's
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCodeOf(error) === 'EPERM';
  }
}

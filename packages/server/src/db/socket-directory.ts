// Picks the folder of the embedded server's Unix socket: short enough for a socket address, on a file system that has
// sockets, and closed to other users.

import { randomBytes } from 'node:crypto';
import { chmod, chown, lstat, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseError } from './database-error.ts';
import type { PostgresUser } from './postgres-user.ts';

/** The port only names the socket's file: `.s.PGSQL.5432`. */
export const SOCKET_PORT = 5432;

/** 107 bytes on Linux, 103 on macOS, less the file's name and PostgreSQL's lock file beside it. */
const DIRECTORY_BYTES_MAX = 103 - '/.s.PGSQL.5432.lock'.length;

/**
 * @param previous the folder an earlier start chose, from postmaster.pid; used again if it is still ours
 * @throws DatabaseError `postgres_unusable` if no candidate can hold a socket
 */
export async function chooseSocketDirectory(
  clusterDir: string,
  user: PostgresUser,
  previous?: string,
): Promise<string> {
  const inside = join(clusterDir, 'socket');
  if (Buffer.byteLength(inside) <= DIRECTORY_BYTES_MAX) {
    await mkdir(inside, { mode: 0o700 }).catch(() => undefined);
    if (await isUsable(inside)) return giveTo(user, inside);
  }
  if (previous?.includes('/countersign-') && (await isOwnPrivateDirectory(previous, user))) return previous;
  for (const parent of [tmpdir(), '/tmp']) {
    if (Buffer.byteLength(join(parent, 'countersign-XXXXXX')) > DIRECTORY_BYTES_MAX) continue;
    const directory = await mkdtemp(join(parent, 'countersign-')).catch(() => undefined);
    if (directory === undefined) continue;
    if (await isUsable(directory)) return giveTo(user, directory);
    await rm(directory, { recursive: true, force: true });
  }
  throw new DatabaseError(
    'postgres_unusable',
    `no folder can hold PostgreSQL's socket: tried \`${inside}\` and /tmp`,
  );
}

/** Removes the folder if it was made under /tmp; the one in the cluster stays. */
export async function removeSocketDirectory(directory: string, clusterDir: string): Promise<void> {
  if (directory !== join(clusterDir, 'socket')) await rm(directory, { recursive: true, force: true });
}

async function giveTo(user: PostgresUser, directory: string): Promise<string> {
  await chmod(directory, 0o700);
  if (!user.isSelf) await chown(directory, user.uid, user.gid);
  return directory;
}

/** Some shared and virtual file systems have no sockets; only trying tells. */
async function isUsable(directory: string): Promise<boolean> {
  const path = join(directory, `.${randomBytes(4).toString('hex')}`);
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(path, () => server.close(() => resolve(true)));
  });
}

async function isOwnPrivateDirectory(directory: string, user: PostgresUser): Promise<boolean> {
  const found = await lstat(directory).catch(() => undefined);
  return found !== undefined && found.isDirectory() && found.uid === user.uid && (found.mode & 0o077) === 0;
}

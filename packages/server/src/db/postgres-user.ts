// Chooses the operating system user PostgreSQL runs as: PostgreSQL refuses to run as root.
// Must not change the gateway's own user.

import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';
import { DatabaseError, errorCodeOf } from './database-error.ts';

const run = promisify(execFile);

export interface PostgresUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** True when PostgreSQL runs as the gateway's own user, so that no file changes owner. */
  readonly isSelf: boolean;
}

/** How accounts are looked up and made; replaced in tests so that none is really created. */
export interface Accounts {
  lookUp(name: string): Promise<{ uid: number; gid: number } | undefined>;
  createSystemUser(name: string): Promise<void>;
}

const CREATED_USER = 'countersign';

/**
 * @param clusterDir where the cluster is or will be; an existing cluster keeps the user that owns it
 * @throws DatabaseError `postgres_unusable` if the cluster belongs to a user this process cannot become
 */
export async function choosePostgresUser(
  clusterDir: string,
  accounts = systemAccounts,
): Promise<PostgresUser> {
  const self = userInfo();
  const owner = await ownerOf(clusterDir);
  if (self.uid !== 0) {
    if (owner !== undefined && owner.uid !== self.uid) {
      throw new DatabaseError(
        'postgres_unusable',
        `the PostgreSQL cluster in \`${clusterDir}\` belongs to another user (uid ${owner.uid}); ` +
          `start the server as that user or as root, or choose another data directory`,
      );
    }
    return { name: self.username, uid: self.uid, gid: self.gid, isSelf: true };
  }
  if (owner !== undefined && owner.uid !== 0) {
    return { name: `uid ${owner.uid}`, ...owner, isSelf: false };
  }
  return chooseUnprivilegedUser(accounts);
}

export async function chooseUnprivilegedUser(accounts: Accounts): Promise<PostgresUser> {
  for (const name of ['postgres', CREATED_USER]) {
    const account = await accounts.lookUp(name);
    if (account !== undefined) return { name, ...account, isSelf: false };
  }
  // No useradd (a minimal image) or a read-only /etc: `nobody` remains.
  await accounts.createSystemUser(CREATED_USER).catch(() => undefined);
  for (const name of [CREATED_USER, 'nobody']) {
    const account = await accounts.lookUp(name);
    if (account !== undefined) return { name, ...account, isSelf: false };
  }
  throw new DatabaseError(
    'postgres_unusable',
    'PostgreSQL does not run as root, and there is no user `postgres` or `nobody` and none could be created; ' +
      'start the server as an ordinary user or set DATABASE_URL',
  );
}

/** Spawn options that run a program as `user`, away from folders only the gateway can enter. */
export function spawnOptionsFor(user: PostgresUser): {
  cwd: string;
  env: NodeJS.ProcessEnv;
  uid?: number;
  gid?: number;
} {
  // A fresh environment: PGDATA and friends would redirect PostgreSQL, and secrets of the gateway are not for it.
  const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
  return user.isSelf ? { cwd: '/', env } : { cwd: '/', env, uid: user.uid, gid: user.gid };
}

/** Asks by trying, as that user, so that ACLs, namespaces and mount options count too. */
export async function canEnterDirectory(user: PostgresUser, directory: string): Promise<boolean> {
  try {
    await run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], spawnOptionsFor(user));
    return true;
  } catch {
    return false;
  }
}

async function ownerOf(directory: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const { uid, gid } = await stat(directory);
    return { uid, gid };
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const systemAccounts: Accounts = {
  async lookUp(name) {
    try {
      const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
      const account = { uid: Number(uid.stdout), gid: Number(gid.stdout) };
      return account.uid > 0 && Number.isSafeInteger(account.gid) ? account : undefined;
    } catch {
      return undefined;
    }
  },
  async createSystemUser(name) {
    await run('useradd', [
      '--system',
      '--user-group',
      '--no-create-home',
      '--shell',
      '/usr/sbin/nologin',
      name,
    ]);
  },
};

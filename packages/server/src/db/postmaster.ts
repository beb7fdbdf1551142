// One PostgreSQL server process: find it through postmaster.pid, launch it, know whether it lives, end it.
// Must not decide whether a dead one is started again; embedded-postgres.ts does.

import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { open, readFile, readlink, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCodeOf } from './database-error.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { spawnOptionsFor, type PostgresUser } from './postgres-user.ts';

/** PostgreSQL's own names: `fast` ends sessions and writes a checkpoint, `immediate` leaves a recovery to the next start. */
export type StopMode = 'smart' | 'fast' | 'immediate';

export interface Postmaster {
  readonly pid: number;
  /** True when this process started it, false when it was found running. */
  readonly wasLaunched: boolean;
  isAlive(): Promise<boolean>;
  signal(signal: NodeJS.Signals): void;
}

export interface PostmasterFile {
  readonly pid: number;
  readonly port: number;
  readonly socketDir: string;
}

const LOG_FILE = 'postgres.log';
const LOG_ROTATE_BYTES = 10 * 1024 * 1024;
const STOP_SIGNALS = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const;
const POLL_INTERVAL_MS = 50;

/** Lines of postmaster.pid as PostgreSQL documents them: pid, data directory, start time, port, socket directory. */
export async function readPostmasterFile(clusterDir: string): Promise<PostmasterFile | undefined> {
  const text = await readFile(pidPath(clusterDir), 'utf8').catch((error: unknown) => {
    if (errorCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const lines = text.split('\n');
  const pid = Number.parseInt(lines[0] ?? '', 10);
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number.parseInt(lines[3] ?? '', 10) || 0, socketDir: lines[4] ?? '' };
}

/**
 * The live postmaster of this cluster, if there is one. A pid file whose process is gone, is a zombie nobody has
 * reaped, or is some other program that got the number is not one.
 */
export async function findPostmaster(clusterDir: string): Promise<Postmaster | undefined> {
  const file = await readPostmasterFile(clusterDir);
  if (file === undefined || !(await isPostmasterOf(file.pid, clusterDir))) return undefined;
  const { pid } = file;
  return {
    pid,
    wasLaunched: false,
    isAlive: () => isPostmasterOf(pid, clusterDir),
    signal: (signal) => sendSignal(pid, signal),
  };
}

/**
 * PostgreSQL takes a pid file for a live server's when *any* process of its user has that number, a zombie included,
 * and then refuses to start. Its second guard, the shared memory of surviving backends, does not need the file.
 */
export async function removeStalePidFile(clusterDir: string): Promise<void> {
  const file = await readPostmasterFile(clusterDir);
  if (file === undefined || (await isPostmasterOf(file.pid, clusterDir))) return;
  // Two starts may clean up at once: the rename makes sure that each removes the file it judged, not a newer one.
  const aside = `${pidPath(clusterDir)}.stale-${process.pid}`;
  try {
    await rename(pidPath(clusterDir), aside);
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return;
    throw error;
  }
  const moved = Number.parseInt(await readFile(aside, 'utf8'), 10);
  if (moved === file.pid) await rm(aside);
  else await rename(aside, pidPath(clusterDir));
}

/** Starts `postgres` in a session of its own, so that a Ctrl-C meant for the gateway never reaches it. */
export async function launchPostmaster(launch: {
  clusterDir: string;
  socketDir: string;
  port: number;
  user: PostgresUser;
  binaries: PostgresBinaries;
}): Promise<Postmaster> {
  const { clusterDir, socketDir, port, user, binaries } = launch;
  const log = await openLog(clusterDir, user);
  try {
    const parameters = [
      ...['-D', clusterDir],
      ...['-c', `port=${port}`],
      // No TCP: nothing to scan, no port to collide with.
      ...['-c', 'listen_addresses='],
      ...['-c', `unix_socket_directories=${socketDir}`],
      ...['-c', 'unix_socket_permissions=0700'],
      ...['-c', 'logging_collector=off'],
    ];
    const child = spawn(binaries.postgres, parameters, {
      ...spawnOptionsFor(user),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    let hasExited = false;
    child.once('exit', () => (hasExited = true));
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    const pid = child.pid ?? 0;
    return {
      pid,
      wasLaunched: true,
      isAlive: () => Promise.resolve(!hasExited),
      signal: (signal) => sendSignal(pid, signal),
    };
  } finally {
    await log.close();
  }
}

/**
 * @param timeoutMs after which the next harsher mode is used
 * @returns true when the process has ended
 */
export async function stopPostmaster(
  postmaster: Postmaster,
  mode: StopMode,
  timeoutMs = 60_000,
): Promise<boolean> {
  const harsher: readonly StopMode[] = mode === 'immediate' ? ['immediate'] : [mode, 'immediate'];
  for (const step of harsher) {
    postmaster.signal(STOP_SIGNALS[step]);
    if (await hasEndedWithin(postmaster, timeoutMs)) return true;
  }
  return false;
}

async function hasEndedWithin(postmaster: Postmaster, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (await postmaster.isAlive()) {
    if (performance.now() > deadline) return false;
    await sleep(POLL_INTERVAL_MS);
  }
  return true;
}

/** The end of PostgreSQL's log, for an error message: only start-up lines are of interest there. */
export async function readLogTail(clusterDir: string): Promise<string> {
  const text = await readFile(join(clusterDir, LOG_FILE), 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-5).join('\n');
}

async function isPostmasterOf(pid: number, clusterDir: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCodeOf(error) === 'ESRCH') return false;
  }
  if (process.platform !== 'linux') return commandOf(pid).then((command) => command.includes(clusterDir));
  const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The state follows the command's name, which is in parentheses and may contain any character.
  const letter = state.slice(state.lastIndexOf(')') + 2, state.lastIndexOf(')') + 3);
  if (letter === '' || letter === 'Z' || letter === 'X') return false;
  const directory = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  if (directory !== undefined) return directory === clusterDir;
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0').includes(clusterDir);
}

/** Where there is no /proc; a zombie's command is `(postgres)` or empty. */
async function commandOf(pid: number): Promise<string> {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn('ps', ['-o', 'command=', '-p', String(pid)], { stdio: ['ignore', 'pipe', 'ignore'] });
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    child.once('error', () => resolve(''));
    child.once('close', () => resolve(output));
  });
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errorCodeOf(error) !== 'ESRCH') throw error;
  }
}

async function openLog(clusterDir: string, user: PostgresUser): ReturnType<typeof open> {
  const path = join(clusterDir, LOG_FILE);
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOG_ROTATE_BYTES) await rename(path, `${path}.1`);
  // O_NOFOLLOW: the directory belongs to the PostgreSQL user, and root must not be led elsewhere by a link.
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  const log = await open(path, flags, 0o600);
  if (!user.isSelf) await log.chown(user.uid, user.gid);
  return log;
}

function pidPath(clusterDir: string): string {
  return join(clusterDir, 'postmaster.pid');
}

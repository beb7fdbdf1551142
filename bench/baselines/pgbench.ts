// bench/baselines/pgbench.ts: PostgreSQL's own TPC-B-like benchmark at 32 clients, on the same server.
// Needs Debian's /usr/bin/pgbench (or one on the path): without it the ratio is reported as missing.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { Connection } from '../cluster.ts';
import { type Contestant, type RoundResult, timed } from '../rounds.ts';

const run = promisify(execFile);
const CLIENTS = 32;
const THREADS = 2;
const SCALE = 50;

/** Null where pgbench is not installed. */
export async function pgbenchVersion(): Promise<string | null> {
  try {
    return (await run('pgbench', ['--version'])).stdout.trim();
  } catch {
    return null;
  }
}

/** Fills its own database; the rounds are pgbench's defaults but for clients, threads and time. */
export async function pgbenchContestant(connection: Connection, scale = SCALE): Promise<Contestant> {
  await pgbench(connection, ['--initialize', '--scale', String(scale), '--quiet']);
  return {
    name: 'pgbench TPC-B-like, 32 clients',
    async round(limit): Promise<RoundResult> {
      const duration = Math.max(1, Math.round(timed(limit).seconds));
      const output = await pgbench(connection, [
        ...['--client', String(CLIENTS)],
        ...['--jobs', String(THREADS)],
        ...['--time', String(duration)],
      ]);
      const rate = Number(/tps = ([\d.]+)/.exec(output)?.[1]);
      if (!Number.isFinite(rate)) throw new Error(`pgbench did not say its rate: ${output}`);
      return { acknowledged: Math.round(rate * duration), seconds: duration };
    },
  };
}

async function pgbench(connection: Connection, parameters: readonly string[]): Promise<string> {
  const { host, port, user, password, database } = connection;
  const { stdout } = await run('pgbench', [...parameters, database], {
    env: {
      ...process.env,
      PGHOST: host,
      PGPORT: String(port),
      PGUSER: user,
      PGPASSWORD: password,
    },
  });
  return stdout;
}

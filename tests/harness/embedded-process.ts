// Starts another process that holds a data directory's PostgreSQL, so that a test can kill the holder.
// Must end every process it started, PostgreSQL included, when it is told to clean up.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./run-embedded-postgres.ts', import.meta.url));

export interface EmbeddedProcess {
  readonly pid: number;
  /** The line it printed: the server's facts, or `{code, message}` where it was refused. */
  readonly said: Readonly<Record<string, unknown>>;
  /** Sends the signal, if there is one, and waits for the end of the process. */
  end(signal?: NodeJS.Signals): Promise<ProcessEnd>;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** @param as another operating system user; only root may ask for it */
export async function startEmbeddedProcess(dataDir: string, as?: RunAs): Promise<EmbeddedProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true, // a process group of its own, as a shell gives it
    env: { ...process.env, HOME: '/nonexistent', TSX_DISABLE_CACHE: '1' },
    ...as,
  });
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const line = await firstLine(child);
  return {
    pid: child.pid ?? 0,
    said: JSON.parse(line) as Record<string, unknown>,
    async end(signal) {
      if (signal !== undefined && child.exitCode === null && child.signalCode === null) child.kill(signal);
      const [code, endedBy] = await exited;
      return { code, signal: endedBy };
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the child has no output');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('the process ended without a word');
}

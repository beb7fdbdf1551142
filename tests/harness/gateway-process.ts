// A gateway in another process, and the client outside it that remembers what was acknowledged.
// Must end every process it started.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { Installation } from './installation.ts';
import type { GatewayLine, GatewayWord } from './run-gateway.ts';

const SCRIPT = fileURLToPath(new URL('./run-gateway.ts', import.meta.url));

export class GatewayProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<string, (word: GatewayWord | 'lost') => void>();
  readonly #ready: Promise<void>;

  constructor({ connection, logKeyFile, clock }: Installation) {
    const args = [JSON.stringify(connection), logKeyFile, String(clock.nowMs)];
    this.#child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdin?.on('error', () => undefined); // a line to a process that has just been killed
    this.#ready = this.#listen();
    this.#ready.catch(() => undefined);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  ready(): Promise<void> {
    return this.#ready;
  }

  /** `lost`: the process ended before it answered. */
  ask(line: GatewayLine): Promise<GatewayWord | 'lost'> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve('lost');
    return new Promise((resolve) => {
      this.#waiting.set(line.key, resolve);
      this.#child.stdin?.write(`${JSON.stringify(line)}\n`);
    });
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#child.stdout === null) throw new Error('the child has no output');
      const lines = createInterface({ input: this.#child.stdout });
      lines.on('line', (text) => {
        const word = JSON.parse(text) as GatewayWord | { ready: true };
        if ('ready' in word) {
          resolve();
          return;
        }
        this.#waiting.get(word.key)?.(word);
        this.#waiting.delete(word.key);
      });
      // `close`: all that the process said before its end has been read.
      lines.on('close', () => {
        reject(new Error('the gateway process ended'));
        for (const answer of this.#waiting.values()) answer('lost');
        this.#waiting.clear();
      });
    });
  }
}

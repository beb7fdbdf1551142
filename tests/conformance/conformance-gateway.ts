// conformance-gateway.ts: a whole server on a database of its own, and the command line run against it over real HTTP.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';

import { type ConformanceOptions, conformance } from '../../packages/cli/src/commands/conformance.ts';
import { type RunningGateway, startGateway } from '../../packages/server/src/main.ts';
import { readSettings } from '../../packages/server/src/settings.ts';
import { createTestDatabase } from '../harness/test-database.ts';
import { makeThrowawayDirectory, removeThrowawayDirectory } from '../harness/throwaway-directory.ts';

export const OPERATOR_KEY = 'operator-key-of-the-tests-0123456789abcdef';

export interface ConformanceGateway {
  readonly running: RunningGateway;
  readonly url: string;
  /** JSON by the operator; throws for anything but success. */
  send(method: string, path: string, body?: unknown, key?: string): Promise<Record<string, any>>; // eslint-disable-line @typescript-eslint/no-explicit-any -- asserted by the tests
  close(): Promise<void>;
}

export async function startConformanceGateway(): Promise<ConformanceGateway> {
  const database = await createTestDatabase('empty');
  const directory = await makeThrowawayDirectory();
  const settings = readSettings(
    {
      PORT: '0',
      DATABASE_URL: database.connectionString,
      COUNTERSIGN_DATA_DIR: directory,
      COUNTERSIGN_OPERATOR_KEY: OPERATOR_KEY,
    },
    directory,
  );
  const running = await startGateway(settings, { log: pino({ level: 'silent' }) });
  return {
    running,
    url: running.url,
    async send(method, path, body, key = OPERATOR_KEY) {
      const response = await fetch(new URL(path, running.url), {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
      return JSON.parse(text) as Record<string, unknown>;
    },
    async close() {
      await running.close();
      await database.drop();
      await removeThrowawayDirectory(directory);
    },
  };
}

export interface CommandRun {
  readonly code: number;
  /** What --out named. */
  readonly dir: string;
  readonly results: string;
  readonly notes: string;
  readonly report: Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- asserted by the tests
}

const folders: string[] = [];

export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-conformance-'));
  folders.push(folder);
  return folder;
}

export async function removeFolders(): Promise<void> {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
}

/** The command as a shell would call it, with its report as JSON. */
export async function runCommand(
  url: string,
  options: Partial<ConformanceOptions> = {},
): Promise<CommandRun> {
  const results: string[] = [];
  const notes: string[] = [];
  const dir = join(await newFolder(), 'pack');
  const code = await conformance(
    { url, key: OPERATOR_KEY, out: dir, json: true, ...options },
    { result: (text) => void results.push(text), note: (text) => void notes.push(text) },
  );
  const text = results.join('\n');
  return {
    code,
    dir,
    results: text,
    notes: notes.join('\n'),
    report: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {},
  };
}

// commands/log-verify.ts: `countersign log verify`: every entry against its leaf, every tile against the one above, the
// edge against the signed root; of a gateway, of an exported copy, or of a database itself.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Checkpoint,
  type LogReader,
  MalformedError,
  type VerifierKey,
  openCheckpoint,
  parseVerifierKey,
  verifyLog,
} from '@countersign/audit';

import { CommandFailure, EXIT, type ExitCode, usageFailure } from '../failure.ts';
import { folderLog, remoteLog } from '../log/log-sources.ts';
import { verifiedJson, verifiedText } from '../log/verify-report.ts';
import { verifyStoredRecord } from '../log/verify-stored-record.ts';
import { createProgressBar } from '../terminal/progress-bar.ts';
import { grouped } from '../terminal/numbers.ts';
import type { Output } from './output.ts';

export interface LogVerifyOptions {
  readonly url?: string;
  readonly dir?: string;
  readonly database?: string;
  readonly dataDir?: string;
  readonly key?: string;
  readonly token?: string;
  readonly checkpoint?: readonly string[];
  readonly hashesOnly?: boolean;
  readonly json?: boolean;
}

/** The file of an exported copy that holds the key it was exported with. */
export const EXPORTED_KEY_FILE = 'key';

export async function logVerify(options: LogVerifyOptions, output: Output): Promise<ExitCode> {
  const { url, dir, database, dataDir } = options;
  if ([url, dir, database, dataDir].filter((place) => place !== undefined).length !== 1) {
    throw usageFailure('name one place to verify: --url, --dir, --database or --data-dir');
  }
  if (database !== undefined || dataDir !== undefined) return verifyStoredRecord(options, output);
  const { read, key, isPinned } =
    url === undefined ? await folder(dir ?? '', options.key) : await remote(url, options);
  if (!isPinned) {
    output.note(
      `The key was not pinned (--key): ${key.name} is what the log itself says. A forger could say so too.`,
    );
  }
  const bar = createProgressBar(process.stderr);
  const report = await verifyLog({
    read,
    verifierKey: key,
    entries: options.hashesOnly !== true,
    canonicalEntries: true,
    earlierCheckpoints: await earlierCheckpoints(options.checkpoint ?? [], key),
    readAhead: 8,
    onProgress: ({ leavesDone, leavesTotal }) => {
      bar.update({
        done: leavesDone,
        total: leavesTotal,
        rows: leavesDone,
        text: `of ${grouped(leavesTotal)} leaves`,
      });
    },
  }).finally(() => bar.end());
  output.result(
    options.json === true ? JSON.stringify(verifiedJson(report, key.text), null, 2) : verifiedText(report),
  );
  return report.valid ? EXIT.ok : EXIT.failed;
}

interface Place {
  readonly read: LogReader;
  readonly key: VerifierKey;
  readonly isPinned: boolean;
}

async function remote(url: string, options: LogVerifyOptions): Promise<Place> {
  const log = remoteLog(url, options.token);
  const key = keyOf(options.key ?? (await log.claimedKey()));
  return { read: log.read, key, isPinned: options.key !== undefined };
}

async function folder(dir: string, pinned: string | undefined): Promise<Place> {
  const key =
    pinned ?? (await readText(join(dir, EXPORTED_KEY_FILE), 'the key of the copy: give it with --key'));
  return { read: folderLog(dir), key: keyOf(key.trim()), isPinned: pinned !== undefined };
}

function keyOf(text: string): VerifierKey {
  try {
    return parseVerifierKey(text);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw usageFailure(`the key is not one of a log (\`name+id+key\`): ${error.message}`);
  }
}

async function earlierCheckpoints(files: readonly string[], verifierKey: VerifierKey): Promise<Checkpoint[]> {
  const opened: Checkpoint[] = [];
  for (const file of files) {
    const note = await readText(file, 'the checkpoint');
    try {
      opened.push(openCheckpoint(Buffer.from(note), { verifierKey }));
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      throw new CommandFailure(`\`${file}\` is not a checkpoint of this log: ${error.message}`);
    }
  }
  return opened;
}

async function readText(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw usageFailure(`cannot read ${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

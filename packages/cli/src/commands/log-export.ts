// commands/log-export.ts: `countersign log export`: copies a log's files into a folder, so that they can be kept outside
// and verified without the gateway. A copy can be continued: full tiles never change and are not read again.
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  CHECKPOINT_PATH,
  TILE_WIDTH,
  type Tile,
  entriesPath,
  openCheckpoint,
  parseVerifierKey,
  tilePath,
  tilesOf,
} from '@countersign/audit';

import { CommandFailure, EXIT, type ExitCode } from '../failure.ts';
import { remoteLog } from '../log/log-sources.ts';
import { createProgressBar } from '../terminal/progress-bar.ts';
import { grouped } from '../terminal/numbers.ts';
import { EXPORTED_KEY_FILE } from './log-verify.ts';
import type { Output } from './output.ts';

export interface LogExportOptions {
  readonly url: string;
  readonly dir: string;
  readonly token?: string;
  readonly key?: string;
}

/** So few tiles are there at once. */
const WITHOUT_BAR_MAX = 20;

export async function logExport(options: LogExportOptions, output: Output): Promise<ExitCode> {
  const { url, dir, token } = options;
  const log = remoteLog(url, token);
  const keyText = options.key ?? (await log.claimedKey());
  const note = await log.read(CHECKPOINT_PATH);
  if (note === undefined) throw new CommandFailure('the gateway has no checkpoint');
  const { size } = openCheckpoint(note, { verifierKey: parseVerifierKey(keyText) });
  const tiles = [...tilesOf(size)];
  const bar = createProgressBar(process.stderr);
  for (const [index, tile] of tiles.entries()) {
    await copy(tilePath(tile), tile, { dir, read: log.read });
    if (tile.level === 0) await copy(entriesPath(tile), tile, { dir, read: log.read });
    if (tiles.length > WITHOUT_BAR_MAX)
      bar.update({ done: index + 1, total: tiles.length, rows: index + 1, text: 'tiles' });
  }
  bar.end();
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, EXPORTED_KEY_FILE), `${keyText}\n`);
  // Last: a copy with a checkpoint has all that the checkpoint covers.
  await writeFile(join(dir, CHECKPOINT_PATH), note);
  output.result(
    `  exported  ${grouped(size)} leaves to ${dir}; verify with: countersign log verify --dir ${dir} --key '${keyText}'`,
  );
  return EXIT.ok;
}

async function copy(
  path: string,
  { width }: Tile,
  { dir, read }: { readonly dir: string; readonly read: (path: string) => Promise<Uint8Array | undefined> },
): Promise<void> {
  const target = join(dir, path);
  if (width === TILE_WIDTH && (await isThere(target))) return;
  const bytes = await read(path);
  if (bytes === undefined)
    throw new CommandFailure(`the gateway has no \`${path}\`, which its checkpoint covers`);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, bytes);
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

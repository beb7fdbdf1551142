// commands/replay.ts: `countersign replay`: reads what it was given, shows progress, prints the report.
import { readFile } from 'node:fs/promises';

import { EXIT, type ExitCode, usageFailure } from '../failure.ts';
import { parseMapping } from '../replay/mapping.ts';
import { fileSize } from '../replay/read-records.ts';
import { replayFile } from '../replay/replay-file.ts';
import { isSound, reportJson, reportText } from '../replay/report.ts';
import type { ReplayProgress } from '../replay/run-replay.ts';
import { openGatewayLog } from '../terminal/gateway-log.ts';
import { grouped } from '../terminal/numbers.ts';
import { createProgressBar } from '../terminal/progress-bar.ts';
import type { Output } from './output.ts';

export interface ReplayCommandOptions {
  readonly mapping: string;
  readonly policy: string;
  readonly budget?: string;
  readonly limit?: string;
  readonly settle?: boolean;
  readonly json?: boolean;
  readonly badRows?: string;
  readonly dataDir?: string;
  readonly databaseUrl?: string;
  readonly keep?: boolean;
}

export async function replay(file: string, options: ReplayCommandOptions, output: Output): Promise<ExitCode> {
  const bytes = await fileSize(file);
  const mapping = parseMapping(await readJson(options.mapping), options.mapping);
  const policies = await Promise.all(options.policy.split(',').map(readJson));
  const budgets = options.budget === undefined ? [] : listOf(await readJson(options.budget));
  const rowsMax = limitOf(options.limit);
  const interrupt = new AbortController();
  const onSignal = (): void => {
    output.note('Finishing the rows under way; once more to stop at once.');
    interrupt.abort();
  };
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const bar = createProgressBar(process.stderr);
  try {
    const report = await replayFile({
      file,
      mapping,
      policies,
      budgets,
      rowsMax,
      settles: options.settle,
      badRowsFile: options.badRows,
      dataDir: options.dataDir,
      databaseUrl: options.databaseUrl,
      keep: options.keep === true,
      log: openGatewayLog('warn'),
      signal: interrupt.signal,
      onProgress: (progress) => bar.update(progressOf(progress, { bytes, rowsMax })),
      onKept: (where) => output.note(`Kept: ${where}`),
    });
    bar.end();
    output.result(options.json === true ? JSON.stringify(reportJson(report), null, 2) : reportText(report));
    return isSound(report) ? EXIT.ok : EXIT.failed;
  } finally {
    bar.end();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/** By rows where their number is known, else by the bytes of the file, compressed or not. */
export function progressOf(
  { rows, bytesRead, tally }: ReplayProgress,
  { bytes, rowsMax }: { readonly bytes: number; readonly rowsMax: number },
): { done: number; total: number; rows: number; text: string } {
  const { approved, held, denied } = tally.decisions;
  const byRows = rows / rowsMax > bytesRead / Math.max(bytes, 1);
  return {
    ...(byRows ? { done: rows, total: rowsMax } : { done: bytesRead, total: bytes }),
    rows,
    text: `${grouped(approved.rows)} ok ${grouped(held.rows)} held ${grouped(denied.rows)} denied ${grouped(tally.badRows)} bad`,
  };
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return Number.MAX_SAFE_INTEGER;
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1) throw usageFailure('--limit must be a whole number from 1');
  return limit;
}

/** One budget, a list of them, or `{budgets: [...]}`. */
function listOf(document: unknown): readonly unknown[] {
  if (Array.isArray(document)) return document;
  if (
    typeof document === 'object' &&
    document !== null &&
    'budgets' in document &&
    Array.isArray(document.budgets)
  ) {
    return document.budgets;
  }
  return [document];
}

async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw usageFailure(`cannot read \`${path}\`: ${messageOf(error)}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usageFailure(`\`${path}\` is not JSON: ${messageOf(error)}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

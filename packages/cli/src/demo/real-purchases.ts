// demo/real-purchases.ts: the sample of a city's real card purchases through the same gate, in a database of its own.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { progressOf } from '../commands/replay.ts';
import { parseMapping } from '../replay/mapping.ts';
import { replayFile } from '../replay/replay-file.ts';
import { isSound, outcomeTable } from '../replay/report.ts';
import { openGatewayLog } from '../terminal/gateway-log.ts';
import { duration, grouped } from '../terminal/numbers.ts';
import { createProgressBar } from '../terminal/progress-bar.ts';
import { style } from '../terminal/style.ts';
import type { Narrator } from './narrator.ts';

const FIXTURES = join(import.meta.dirname, '../../../../fixtures/toronto-pcard');

export async function realPurchases(tell: Narrator, signal: AbortSignal): Promise<void> {
  tell.chapter(7, 'Real purchases through the same gate');
  tell.say(
    'Card purchases of the City of Toronto, 2011 to 2016 (a sample), under an example policy: every control, ledger and log, the clock taken from the data, in a scratch database.',
  );
  const file = join(FIXTURES, 'sample.csv');
  const { size } = await stat(file);
  const bar = createProgressBar(process.stderr);
  const report = await replayFile({
    file,
    mapping: parseMapping(await jsonOf('mapping.json'), 'mapping.json'),
    policies: [await jsonOf('policy.json')],
    budgets: (await jsonOf('budgets.json')) as unknown[], // a list, as its README says
    rowsMax: Number.MAX_SAFE_INTEGER,
    settles: undefined,
    badRowsFile: undefined,
    dataDir: undefined,
    databaseUrl: undefined,
    keep: false,
    signal,
    log: openGatewayLog('warn'),
    onProgress: (progress) =>
      bar.update(progressOf(progress, { bytes: size, rowsMax: Number.MAX_SAFE_INTEGER })),
  }).finally(() => bar.end());
  tell.raw(outcomeTable(report.tally));
  tell.say(`${grouped(report.tally.commands)} decisions in ${duration(report.elapsedMs)}.`);
  for (const { isValid, text } of report.check.lines) tell.claim(isValid, text);
  tell.claim(
    isSound(report),
    'Every row is accounted for: approved, held, denied, refunded or reported as bad.',
  );
  tell.raw(style.dim('  Contains information licensed under the Open Government Licence - Toronto.'));
}

async function jsonOf(name: string): Promise<unknown> {
  return JSON.parse(await readFile(join(FIXTURES, name), 'utf8'));
}

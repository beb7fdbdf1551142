// commands/serve.ts: `countersign serve`: starts the gateway, says where it is, and drains on SIGTERM or SIGINT.
import { readSettings, startGateway } from '@countersign/server';

import { CommandFailure, EXIT, type ExitCode } from '../failure.ts';
import { openGatewayLog } from '../terminal/gateway-log.ts';
import { style } from '../terminal/style.ts';
import type { Output } from './output.ts';
import { untilStopped } from './until-stopped.ts';

export async function serve(output: Output): Promise<ExitCode> {
  const settings = readSettings(process.env, process.cwd());
  const log = openGatewayLog(process.env['COUNTERSIGN_LOG_LEVEL']);
  const stop = untilStopped();
  const running = await startGateway(settings, { log, onFatal: stop.fail });
  const { url, generatedOperatorKey } = running;
  output.result(
    [
      `${style.bold('Countersign')} is listening on ${style.name(url)}`,
      '',
      `  data          ${settings.databaseUrl === null ? settings.dataDir : 'your PostgreSQL (DATABASE_URL)'}`,
      `  log key       ${settings.logKeyFile}`,
      `  reference     ${url}/docs`,
      ...(generatedOperatorKey === undefined
        ? []
        : [`  operator key  ${style.bold(generatedOperatorKey)}`, '                shown once: keep it now']),
      '',
      `  try           curl -s ${url}/v1/policies -H 'Authorization: Bearer <operator key>'`,
      '  stop          Ctrl-C',
    ].join('\n'),
  );
  const fatal = await stop.promise;
  if (fatal === null) output.note('Draining: what is under way is answered first.');
  await running.close();
  if (fatal !== null)
    throw new CommandFailure(`the gateway cannot go on: ${fatal.message}`, EXIT.failed, { cause: fatal });
  return EXIT.ok;
}

// commands/demo.ts: `countersign demo`: a fresh gateway, the story told over its API, then the server left running.
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningGateway, type Settings, readSettings, startGateway } from '@countersign/server';

import { createApi } from '../demo/api.ts';
import { aHeldPurchase } from '../demo/a-held-purchase.ts';
import { anApprovedPurchase } from '../demo/an-approved-purchase.ts';
import { anExactBudget } from '../demo/an-exact-budget.ts';
import { aDeniedPurchase, lookAlikes } from '../demo/denied-purchases.ts';
import { createNarrator } from '../demo/narrator.ts';
import { realPurchases } from '../demo/real-purchases.ts';
import { type Stage, setStage } from '../demo/stage.ts';
import { theRecord } from '../demo/the-record.ts';
import { type WebhookReceiver, startWebhookReceiver } from '../demo/webhook-receiver.ts';
import { CommandFailure, EXIT, type ExitCode } from '../failure.ts';
import { openGatewayLog } from '../terminal/gateway-log.ts';
import { style } from '../terminal/style.ts';
import type { Output } from './output.ts';
import { untilStopped } from './until-stopped.ts';

export async function demo(options: { readonly exit?: boolean }, output: Output): Promise<ExitCode> {
  const { settings, isTemporary } = await demoSettings();
  const stop = untilStopped();
  let running: RunningGateway | null = null;
  const webhooks = await startWebhookReceiver(); // as long as the gateway, which goes on sending to it
  try {
    output.result(
      `${style.bold('Countersign')} demo: starting a gateway on a fresh PostgreSQL of its own ...`,
    );
    const log = openGatewayLog(process.env['COUNTERSIGN_LOG_LEVEL'] ?? 'warn');
    running = await startGateway(settings, { log, onFatal: stop.fail });
    const operatorKey = running.generatedOperatorKey ?? settings.operatorKey;
    if (operatorKey === undefined) throw usedDirectory(settings.dataDir);
    const interrupt = new AbortController();
    const told = tellStory(running.url, operatorKey, { webhooks, output, signal: interrupt.signal });
    const ended = await Promise.race([told, stop.promise.then((reason) => ({ stopped: reason }))]);
    if ('stopped' in ended) {
      interrupt.abort();
      await told.catch(() => undefined); // cut short on purpose, at the next chapter; what it started it also ends
      return endOf(ended.stopped);
    }
    if (ended.failedClaims.length > 0) {
      output.note(`countersign: the demo's claims were not all true:\n  ${ended.failedClaims.join('\n  ')}`);
      return EXIT.failed;
    }
    if (options.exit === true) return EXIT.ok;
    leaveRunning(running.url, ended.stage, { settings, isTemporary }, output);
    return endOf(await stop.promise);
  } finally {
    await running?.close();
    await webhooks.close();
    if (isTemporary) await removeAll(settings.dataDir, running?.clusterDir ?? null);
  }
}

async function tellStory(
  url: string,
  operatorKey: string,
  given: { readonly webhooks: WebhookReceiver; readonly output: Output; readonly signal: AbortSignal },
): Promise<{ stage: Stage; failedClaims: readonly string[] }> {
  const { webhooks, output, signal } = given;
  const tell = createNarrator(output);
  const stage = await setStage({ api: createApi(url), tell, webhooks, operatorKey });
  const firstId = await anApprovedPurchase(stage);
  const chapters = [
    aHeldPurchase,
    aDeniedPurchase,
    lookAlikes,
    anExactBudget,
    () => theRecord(stage, firstId),
    () => realPurchases(tell, signal),
  ];
  for (const chapter of chapters) {
    signal.throwIfAborted();
    await chapter(stage);
  }
  return { stage, failedClaims: tell.failedClaims };
}

async function demoSettings(): Promise<{ settings: Settings; isTemporary: boolean }> {
  const given = readSettings(process.env, process.cwd());
  const isTemporary = process.env['COUNTERSIGN_DATA_DIR'] === undefined;
  const dataDir = isTemporary ? await mkdtemp(join(tmpdir(), 'countersign-demo-')) : given.dataDir;
  // PostgreSQL runs as another user where this process is root, and has to pass through.
  if (isTemporary && process.getuid?.() === 0) await chmod(dataDir, 0o711);
  const isUsed = !isTemporary && (await readdir(dataDir).catch(() => [])).length > 0;
  if (isUsed) throw usedDirectory(dataDir);
  const settings = {
    ...given,
    dataDir,
    logKeyFile:
      process.env['COUNTERSIGN_LOG_KEY_FILE'] === undefined ? join(dataDir, 'log-key.pem') : given.logKeyFile,
    databaseUrl: null,
    sandboxAutocharge: true,
    allowPrivateWebhooks: true, // its webhook endpoint is on loopback
  };
  return { settings, isTemporary };
}

function usedDirectory(dataDir: string): CommandFailure {
  return new CommandFailure(
    `the demo needs a fresh data directory, and \`${dataDir}\` is in use: name another in COUNTERSIGN_DATA_DIR`,
  );
}

function leaveRunning(
  url: string,
  { keys }: Stage,
  { settings, isTemporary }: { readonly settings: Settings; readonly isTemporary: boolean },
  output: Output,
): void {
  output.result(
    [
      `\n${style.bold('The gateway is still running.')}`,
      `  address       ${style.name(url)}   (reference: ${url}/docs)`,
      `  operator key  ${keys.operator}`,
      `  agent key     ${keys.agent}`,
      `  finance key   ${keys.finance}`,
      `  cfo key       ${keys.cfo}`,
      `  data          ${settings.dataDir}${isTemporary ? ' (removed when it stops)' : ''}`,
      '',
      '  try           ask again with another amount:',
      `    curl -s ${url}/v1/procurement/requests -H 'Authorization: Bearer ${keys.agent}' \\`,
      `      -H 'Content-Type: application/json' -d '{"agent_id":"agent_ops_042",`,
      `      "policy_id":"pol_procurement","vendor":"aws","amount":12.50,"currency":"usd",`,
      `      "intent":"more storage","metadata":{"category":"cloud","cost_center":"platform"}}'`,
      '  verify        the whole record:',
      `    npx countersign log verify --url ${url} --token ${keys.operator}`,
      '  stop          Ctrl-C',
    ].join('\n'),
  );
}

function endOf(fatal: Error | null): ExitCode {
  if (fatal === null) return EXIT.ok;
  throw new CommandFailure(`the gateway cannot go on: ${fatal.message}`, EXIT.failed, { cause: fatal });
}

async function removeAll(dataDir: string, clusterDir: string | null): Promise<void> {
  for (const directory of clusterDir === null ? [dataDir] : [clusterDir, dataDir]) {
    await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

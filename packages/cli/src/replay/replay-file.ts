// replay/replay-file.ts: a whole replay: a scratch database, a real gateway on it, the file through it, the check, and
// everything removed again. Used by the command and by the demo.
import { type Gateway, assembleGateway, sequenceLog } from '@countersign/server';

import type { GatewayLog } from '../terminal/gateway-log.ts';
import { BadRows } from './bad-rows.ts';
import { checkRecord } from './check-record.ts';
import type { Mapping } from './mapping.ts';
import { openRegistry } from './registry.ts';
import type { ReplayReport } from './report.ts';
import { type DataClock, type ReplayProgress, runReplay } from './run-replay.ts';
import { openScratchStore } from './scratch-store.ts';

export interface ReplayFileOptions {
  readonly file: string;
  readonly mapping: Mapping;
  readonly policies: readonly unknown[];
  readonly budgets: readonly unknown[];
  readonly rowsMax: number;
  /** Undefined: settle where the data say when a purchase was posted. */
  readonly settles: boolean | undefined;
  readonly badRowsFile: string | undefined;
  readonly dataDir: string | undefined;
  readonly databaseUrl: string | undefined;
  readonly keep: boolean;
  readonly log: GatewayLog;
  readonly onProgress?: (progress: ReplayProgress) => void;
  readonly onKept?: (where: string) => void;
  readonly signal?: AbortSignal;
}

/** Milliseconds; the configuration is made at the start of the oldest data a calendar takes. */
const BEFORE_ALL_DATA_MS = 0;

export async function replayFile(options: ReplayFileOptions): Promise<ReplayReport> {
  const { log, keep } = options;
  const badRows = await BadRows.open(options.badRowsFile);
  const store = await openScratchStore({ dataDir: options.dataDir, databaseUrl: options.databaseUrl, log });
  const clock: DataClock = { nowMs: BEFORE_ALL_DATA_MS };
  let gateway: Gateway | null = null;
  try {
    gateway = await assembleGateway({
      connection: store.connection,
      logKeyFile: store.logKeyFile,
      log,
      now: () => clock.nowMs,
      approvalLimits: { pendingMax: null }, // nobody signs in a replay
    });
    return await replayThrough(gateway, clock, badRows, options);
  } finally {
    await gateway?.close();
    await store.end({ keep });
    await badRows.close();
    if (keep) options.onKept?.(store.description);
  }
}

async function replayThrough(
  gateway: Gateway,
  clock: DataClock,
  badRows: BadRows,
  options: ReplayFileOptions,
): Promise<ReplayReport> {
  const { mapping, log } = options;
  const { registry, policyId } = await openRegistry({
    admin: gateway.admin,
    policies: options.policies,
    budgets: options.budgets,
    defaultCurrency: mapping.defaultCurrency,
  });
  const sequencing = sequenceLog({ sequencer: gateway.sequencer, log });
  const startedMs = performance.now();
  const result = await runReplay({
    ...options,
    gateway,
    registry,
    policyId,
    clock,
    badRows,
    settles: options.settles ?? mapping.postingDate !== null,
  }).finally(() => sequencing.stop());
  const elapsedMs = performance.now() - startedMs;
  const budgets = await Promise.all(
    registry.namedBudgets.map((budgetId) => gateway.admin.budgets.get(budgetId)),
  );
  return {
    ...result,
    file: options.file,
    policyId,
    badRows: badRows.first,
    badRowsFile: options.badRowsFile ?? null,
    agentCount: registry.agentCount,
    budgetCount: registry.budgetCount,
    budgets,
    elapsedMs,
    check: await checkRecord(gateway),
  };
}
